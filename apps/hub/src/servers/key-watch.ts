import type { Logger } from "pino";
import type { Sql } from "../db/transaction.ts";
import type { RunningPart } from "../events/running-part.ts";
import { DueTimer } from "../timers/due-timer.ts";
import { LastUsed } from "../timers/last-used.ts";
import { GOOD } from "./server-keys.ts";

export interface KeyWatchParts {
  sql: Sql;
  log: Logger;
  /** The sockets that are open, by the hash of the key that each signed in with. */
  openSockets: () => readonly { serverId: string; keyHash: string }[];
  onKeysEnded: (serverId: string, hashes: readonly string[], why: string) => void;
}

/**
 * Closes the sockets of keys that no longer count: at the moment when a key expires, and each 30 s those of a key that
 * was revoked while its owner was signing in. Keeps when each key was last used, to the minute.
 */
export class KeyWatch implements RunningPart {
  readonly #parts: KeyWatchParts;
  readonly #timer: DueTimer;
  readonly #uses: LastUsed;

  constructor(parts: KeyWatchParts) {
    this.#parts = parts;
    this.#uses = new LastUsed(parts.sql, "hub.server_keys");
    this.#timer = new DueTimer({
      name: "keys of servers",
      log: parts.log,
      run: () => this.#run(),
      next: () => this.#next(),
    });
  }

  /** A request came with the key. */
  used(keyId: string): void {
    this.#uses.saw(keyId);
  }

  /** Keys have been given an end. */
  wake(): void {
    this.#timer.wake();
  }

  rederive(): Promise<void> {
    return this.#timer.rederive();
  }

  settled(): Promise<void> {
    return this.#timer.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#timer[Symbol.asyncDispose]();
    await this.#uses[Symbol.asyncDispose]();
  }

  async #run(): Promise<void> {
    await this.#uses.rederive();
    const open = this.#parts.openSockets();
    if (open.length === 0) return;
    const bad = await this.#parts.sql.query<{ hash: string }>(
      `select hash from unnest($1::text[]) as hash
       where not exists (select from hub.server_keys k where k.key_hash = hash and ${GOOD})`,
      [open.map(({ keyHash }) => keyHash)],
    );
    for (const { hash } of bad) {
      const socket = open.find(({ keyHash }) => keyHash === hash);
      if (socket) this.#parts.onKeysEnded(socket.serverId, [hash], "the key has expired");
    }
  }

  async #next(): Promise<number | undefined> {
    const [row] = await this.#parts.sql.query<{ ms: number | null }>(
      `select (extract(epoch from min(expires_at) - now()) * 1000)::float8 as ms from hub.server_keys
       where revoked_at is null and expires_at > now()`,
    );
    return row?.ms ?? undefined;
  }
}
