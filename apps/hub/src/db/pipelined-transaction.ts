import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { type Database, listenForErrors } from "./database.ts";
import { isRefusedByPostgres, markUndone } from "./surely-undone.ts";
import { connect, isTransient, MAX_RETRIES } from "./transaction.ts";

export interface PreparedStatement {
  name: string;
  text: string;
  values: unknown[];
}

/**
 * What runs here is known beforehand and finds its rows by their keys. One plan serves for ever; but it may be made while the
 * tables are all but empty, when reading them whole looks cheapest, and must hold when they are large a moment later.
 */
const PLANS = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off";

/** Connections that send a statement before the one before it has answered. */
export function openPipelinedPool(database: Database, max: number): pg.Pool {
  const pool = new pg.Pool({ ...database.pool.options, max, min: 0, pipeline: true } as pg.PoolConfig);
  listenForErrors(pool);
  // Sent before whatever the connection is lent for; one that breaks at it is told of by that.
  pool.on("connect", (client) => client.query(PLANS).catch(() => {}));
  return pool;
}

/**
 * Statements whose text is known beforehand as one transaction in one round trip: `begin`, the statements in order and
 * `commit` are sent together. Each sees what was committed while the one before it waited for a lock. Answers the rows
 * of each statement; when one fails, nothing is kept and its error is thrown. Deadlocks are tried again three times.
 */
export async function pipelinedTransaction(pool: pg.Pool, statements: PreparedStatement[]): Promise<unknown[][]> {
  for (let retries = 0; ; retries++) {
    try {
      return await attempt(pool, statements);
    } catch (error) {
      if (retries === MAX_RETRIES || !isTransient(error)) throw error;
      await delay(Math.random() * 5 * 2 ** retries);
    }
  }
}

async function attempt(pool: pg.Pool, statements: PreparedStatement[]): Promise<unknown[][]> {
  const client = await connect(pool);
  const begun = client.query("begin");
  const sent = statements.map((statement) => client.query(statement));
  const ended = client.query("commit");
  const answers = await Promise.allSettled([begun, ...sent, ended]);
  const refused = answers.find((answer) => answer.status === "rejected");
  const commit = answers.at(-1);
  // A connection whose commit did not answer is in an unknown state: never lend it again.
  client.release(commit?.status === "rejected" ? (commit.reason as Error) : undefined);
  if (refused) {
    if (isRefusedByPostgres(refused.reason)) markUndone(refused.reason);
    throw refused.reason;
  }
  return (await Promise.all(sent)).map((result) => result.rows);
}
