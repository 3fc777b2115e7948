import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { advisoryLockKeys } from "./advisory-lock-keys.ts";
import { isRefusedByPostgres, markUndone } from "./surely-undone.ts";

/** SQL text, or a statement with a name, which each connection prepares once. */
export type Statement = string | { name: string; text: string; values?: unknown[] };

/** Whatever runs SQL: the pool or an open transaction. */
export interface Sql {
  query<Row = Record<string, unknown>>(statement: Statement, values?: unknown[]): Promise<Row[]>;
}

declare const inTransaction: unique symbol;

/** An open transaction. The brand keeps the pool itself from being passed where one is required. */
export interface Tx extends Sql {
  readonly [inTransaction]: true;
}

/** How often a transaction that Postgres broke off is tried again. */
export const MAX_RETRIES = 3;
const SERIALIZATION_FAILURE = "40001";
const DEADLOCK_DETECTED = "40P01";

/** Runs each statement on its own, on any free connection of the pool. */
export const sqlOf = (connection: pg.Pool | pg.ClientBase): Sql => ({
  async query<Row>(statement: Statement, values?: unknown[]): Promise<Row[]> {
    const config = typeof statement === "string" ? { text: statement } : statement;
    const { rows } = await connection.query(values ? { ...config, values } : config);
    return rows as Row[];
  },
});

/**
 * Runs `work` in one transaction and commits it, or rolls back and throws what `work` threw.
 * `work` runs again, up to three times, when Postgres broke it off for a deadlock or a serialization failure:
 * whatever it does outside the transaction must bear being done twice.
 */
export async function transaction<T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await attempt(pool, work);
    } catch (error) {
      if (retries === MAX_RETRIES || !isTransient(error)) throw error;
      // Two that collided would collide again in step without a little chance.
      await delay(Math.random() * 5 * 2 ** retries);
    }
  }
}

async function attempt<T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await connect(pool);
  let isCommitSent = false;
  let broken: Error | undefined;
  // A connection that dies says so here, also when no query waits on it: it must not be lent again.
  const onError = (error: Error) => {
    broken = error;
  };
  client.on("error", onError);
  try {
    await client.query("begin");
    const result = await work(sqlOf(client) as Tx);
    // Postgres answers `commit` with ROLLBACK, and no error, when a statement failed and its error was swallowed.
    isCommitSent = true;
    const { command } = await client.query("commit");
    isCommitSent = false;
    if (command !== "COMMIT") throw new Error("the transaction was rolled back: one of its statements had failed");
    return result;
  } catch (error) {
    if (!isCommitSent || isRefusedByPostgres(error)) markUndone(error);
    await client.query("rollback").catch(onError);
    throw error;
  } finally {
    client.off("error", onError);
    client.release(broken);
  }
}

/** A transaction that gets no connection is not begun. */
export async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    markUndone(error);
    throw error;
  }
}

/** A deadlock or a serialization failure: the same work may succeed when it is tried again. */
export function isTransient(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === SERIALIZATION_FAILURE || code === DEADLOCK_DETECTED;
}

/** Takes the project's lock, for a project's id; for whoever sends it along with other statements. */
export const PROJECT_LOCK = {
  name: "project_lock",
  text: `select pg_advisory_xact_lock(${advisoryLockKeys.projects}, hashtext($1))`,
};

/**
 * Waits until this transaction is the only one in the project that holds the lock. It is a statement of its own and
 * must come before any read: a statement that waits inside a larger one goes on with the picture from before the wait.
 */
export async function projectLock(tx: Tx, projectId: string): Promise<void> {
  await tx.query(PROJECT_LOCK, [projectId]);
}
