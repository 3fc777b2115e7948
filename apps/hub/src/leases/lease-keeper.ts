import type { Logger } from "pino";
import type { Sql } from "../db/transaction.ts";
import type { RunningPart } from "../events/running-part.ts";
import { SingleFile } from "../events/single-file.ts";
import type { LiveSessions } from "../sessions/live-sessions.ts";
import { LEASE_LENGTH } from "./lease-length.ts";

export interface LeaseKeeperOptions {
  sql: Sql;
  sessions: LiveSessions;
  connections: { isConnected(serverId: string): boolean };
  log: Logger;
  /** Told of sessions that gave a sign of life: their workers may have been taken for lost. */
  onSeen(sessionIds: readonly string[]): Promise<void>;
}

/** A session's signs of life are written down at most so often. */
const WRITE_EVERY_MS = 20_000;
/** Signs of life of so long are written together. */
const GATHER_MS = 250;

// A lease that somebody holds is being closed or expired this moment: waiting for several of those could end in a deadlock.
const EXTEND = {
  name: "extend_leases",
  text: `update engine.leases set expires_at = now() + interval '${LEASE_LENGTH}'
    where id in (select id from engine.leases
      where closed_at is null and lost_since is null and session_id = any($1::uuid[]) for no key update skip locked)`,
};

/**
 * Extends the leases of sessions that give signs of life: a call with the session's token, or a heartbeat of a server
 * whose socket is signed in, for the sessions that it has. Nobody waits for the writing.
 */
export class LeaseKeeper implements RunningPart {
  readonly #options: LeaseKeeperOptions;
  readonly #turns = new SingleFile(() => this.#write());
  /** By session, by this process's clock. */
  readonly #writtenAt = new Map<string, number>();
  #seen = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  /** The session's token was used. */
  sawSession(sessionId: string): void {
    const last = this.#writtenAt.get(sessionId);
    if (last !== undefined && performance.now() - last < WRITE_EVERY_MS) return;
    this.#seen.add(sessionId);
    this.#timer ??= setTimeout(() => this.#begin(), GATHER_MS).unref();
  }

  /** The server's heartbeat came; with version 1 it speaks for the sessions of the last inventory, while its socket lives. */
  sawServer(serverId: string): void {
    if (!this.#options.connections.isConnected(serverId)) return;
    for (const { id, status } of this.#options.sessions.ofServer(serverId))
      if (status === "active") this.sawSession(id);
  }

  /** What is known of the session no longer holds: its next sign of life is written at once. */
  forget(sessionId: string): void {
    this.#writtenAt.delete(sessionId);
  }

  async rederive(): Promise<void> {
    await this.settled();
  }

  async settled(): Promise<void> {
    if (this.#timer !== undefined) this.#begin();
    await this.#turns.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.settled();
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#turns.run().catch((error) => {
      this.#options.log.error({ err: error }, "signs of life could not be written down; the next ones will be");
    });
  }

  async #write(): Promise<void> {
    if (this.#seen.size === 0) return;
    const seen = [...this.#seen];
    this.#seen = new Set();
    const now = performance.now();
    for (const [id, at] of this.#writtenAt) if (now - at >= WRITE_EVERY_MS) this.#writtenAt.delete(id);
    await this.#options.sql.query(EXTEND, [seen]);
    await this.#options.onSeen(seen);
    for (const id of seen) this.#writtenAt.set(id, now);
  }
}
