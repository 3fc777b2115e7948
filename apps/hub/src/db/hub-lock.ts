import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { advisoryLockKeys } from "./advisory-lock-keys.ts";

/** Another hub works on this database. */
export class HubAlreadyRunning extends Error {
  override readonly name = "HubAlreadyRunning";
}

export interface HubLock extends AsyncDisposable {
  /** True while the connection that holds the lock is up. */
  readonly held: boolean;
}

export interface HubLockOptions {
  /** Called once when another hub took the lock while our connection was down: this hub must stop at once. */
  onLost: (error: HubAlreadyRunning) => void;
  /** How long a predecessor that is just going may still hold it. */
  patienceMs?: number;
  /** Pause between attempts to get the lock back after its connection broke. */
  retryMs?: number;
}

/**
 * Makes this hub the only one on its database, or throws `HubAlreadyRunning`. The lock belongs to a connection of its
 * own. When that breaks, Postgres gives the lock up; then it is taken again as soon as the database answers.
 */
export async function acquireHubLock(url: string, options: HubLockOptions): Promise<HubLock> {
  const lock = new SessionLock(url, options);
  await lock.acquire();
  return lock;
}

class SessionLock implements HubLock {
  readonly #url: string;
  readonly #onLost: HubLockOptions["onLost"];
  readonly #patienceMs: number;
  readonly #retryMs: number;
  /** Tells our own connections from another hub's, also one that the server has not yet noticed to be dead. */
  readonly #name = `orchestratia-hub-lock-${randomUUID().slice(0, 8)}`;
  readonly #stop = new AbortController();
  #client: pg.Client | undefined;

  constructor(url: string, { onLost, patienceMs = 3_000, retryMs = 200 }: HubLockOptions) {
    this.#url = url;
    this.#onLost = onLost;
    this.#patienceMs = patienceMs;
    this.#retryMs = retryMs;
  }

  get held(): boolean {
    return this.#client !== undefined;
  }

  async acquire(): Promise<void> {
    const client = new pg.Client({ connectionString: this.#url, application_name: this.#name, keepAlive: true });
    // Errors before and after the lock is ours both end in `end`, which decides what to do.
    client.on("error", () => {});
    await client.connect();
    try {
      await this.#take(client);
    } catch (error) {
      await client.end();
      throw error;
    }
    if (this.#stop.signal.aborted) return client.end();
    this.#client = client;
    client.on("end", () => {
      this.#client = undefined;
      if (!this.#stop.signal.aborted) void this.#regain();
    });
  }

  async #take(client: pg.Client): Promise<void> {
    const deadline = Date.now() + this.#patienceMs;
    while (!(await tryLock(client))) {
      await endOwnGhost(client, this.#name);
      if (Date.now() > deadline) throw new HubAlreadyRunning("another hub is already running on this database");
      await delay(50);
    }
  }

  async #regain(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        return await this.acquire();
      } catch (error) {
        if (error instanceof HubAlreadyRunning) return this.#onLost(error);
        // The database is down: without it no other hub gets the lock either.
        await delay(this.#retryMs, undefined, { signal: this.#stop.signal }).catch(() => {});
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#client?.end();
  }
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>("select pg_try_advisory_lock($1) as locked", [
    advisoryLockKeys.hub,
  ]);
  return rows[0]?.locked === true;
}

/** After a cut network the server may keep our former connection, and with it the lock, until its timeouts. */
async function endOwnGhost(client: pg.Client, name: string): Promise<void> {
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid()`,
    [name],
  );
}
