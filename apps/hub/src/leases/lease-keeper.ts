import type pg from "pg";
import type { Logger } from "pino";
import { type Tx, transaction } from "../db/transaction.ts";
import type { RunningPart } from "../events/running-part.ts";
import { SingleFile } from "../events/single-file.ts";
import type { LiveSessions } from "../sessions/live-sessions.ts";
import { LEASE_LENGTH } from "./lease-length.ts";

export interface LeaseKeeperOptions {
  pool: pg.Pool;
  sessions: LiveSessions;
  connections: { isConnected(serverId: string): boolean };
  log: Logger;
  /** Told of sessions that gave a sign of life: their workers may have been taken for lost. */
  onSeen(signs: readonly SignOfLife[]): Promise<void>;
}

export interface SignOfLife {
  session_id: string;
  /** By the database's clock, as Postgres writes it. */
  seen_at: string;
  /** Only its server speaks for it, which may not know yet that it is gone. */
  by_server: boolean;
}

/** The newest signs of a session: by this process's clock (milliseconds), and by the database's, as a fact has it. */
interface Given {
  heard?: number;
  heardOfServer?: number;
  recorded?: string;
}

/** A session's signs of life are written down at most so often. */
const WRITE_EVERY_MS = 20_000;
/** Signs of life of so long are written together. */
const GATHER_MS = 250;

// No sign looks later than it was: a transaction's now() is before the moment in which the ages are taken, and leases keep
// whole milliseconds. Whoever was found gone is not there for what they did before that.
const COUNTING = {
  name: "counting_signs_of_life",
  text: `select sign.session_id, sign.seen_at::text, sign.by_server from (
      select session_id, bool_and(by_server) as by_server, date_trunc('milliseconds',
          max(coalesce(recorded, now() - age * interval '1 millisecond'))) as seen_at
      from unnest($1::uuid[], $2::float8[], $3::timestamptz[], $4::bool[]) as given (session_id, age, recorded, by_server)
      group by session_id) as sign
    where not exists (select from engine.leases l where l.session_id = sign.session_id and l.closed_at is null
      and l.expires_at <= clock_timestamp() and l.expires_at >= sign.seen_at)`,
};
/** Of sessions `s`, that whoever gave the sign can give one. */
export const MAY_SPEAK = "s.status not in ('closed', 'error') and (s.status = 'active' or not by_server)";
// A lease or session that somebody holds is being ended this moment: waiting for several could end in a deadlock.
const EXTEND = {
  name: "extend_leases",
  text: `update engine.leases set expires_at = now() + interval '${LEASE_LENGTH}'
    where id in (select l.id from engine.leases l
        join unnest($1::uuid[], $2::timestamptz[], $3::bool[]) as sign (session_id, seen_at, by_server) using (session_id)
        join sessions s on s.id = l.session_id
      where l.closed_at is null and l.lost_since is null and (l.expires_at > clock_timestamp() or l.expires_at < sign.seen_at)
        and ${MAY_SPEAK}
      for no key update of l, s skip locked)`,
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
  #seen = new Map<string, Given>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  /** The session's token was used, or a fact tells of it: `recorded` is that fact's time. */
  sawSession(sessionId: string, recorded?: string): void {
    this.#saw(sessionId, recorded === undefined ? { heard: performance.now() } : { recorded });
  }

  /** The server's heartbeat came; with version 1 it speaks for the sessions of the last inventory, while its socket lives. */
  sawServer(serverId: string): void {
    if (!this.#options.connections.isConnected(serverId)) return;
    for (const { id, status } of this.#options.sessions.ofServer(serverId))
      if (status === "active") this.#saw(id, { heardOfServer: performance.now() });
  }

  #saw(sessionId: string, given: Given): void {
    const last = this.#writtenAt.get(sessionId);
    if (last !== undefined && performance.now() - last < WRITE_EVERY_MS) return;
    this.#seen.set(sessionId, { ...this.#seen.get(sessionId), ...given });
    this.#timer ??= setTimeout(() => this.#begin(), GATHER_MS).unref();
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
    const seen = this.#seen;
    this.#seen = new Map();
    const now = performance.now();
    for (const [id, at] of this.#writtenAt) if (now - at >= WRITE_EVERY_MS) this.#writtenAt.delete(id);
    // Set before the writing: whatever is forgotten meanwhile stays so.
    for (const id of seen.keys()) this.#writtenAt.set(id, now);
    const counted = new Set<string>();
    try {
      const signs = await transaction(this.#options.pool, (tx) => this.#extend(tx, seen));
      await this.#options.onSeen(signs);
      for (const { session_id } of signs) counted.add(session_id);
    } finally {
      for (const id of seen.keys()) if (!counted.has(id)) this.#writtenAt.delete(id);
    }
  }

  async #extend(tx: Tx, seen: ReadonlyMap<string, Given>): Promise<SignOfLife[]> {
    const signs = await tx.query<SignOfLife>(COUNTING, this.#ages(seen));
    await tx.query(EXTEND, columnsOf(signs));
    return signs;
  }

  #ages(seen: ReadonlyMap<string, Given>): unknown[] {
    const now = performance.now();
    const rows = [...seen].flatMap(([id, { heard, heardOfServer, recorded }]) => [
      ...(heard === undefined ? [] : [{ id, age: now - heard, recorded: null, byServer: false }]),
      ...(heardOfServer === undefined ? [] : [{ id, age: now - heardOfServer, recorded: null, byServer: true }]),
      ...(recorded === undefined ? [] : [{ id, age: null, recorded, byServer: false }]),
    ]);
    return [
      rows.map(({ id }) => id),
      rows.map(({ age }) => age),
      rows.map((row) => row.recorded),
      rows.map(({ byServer }) => byServer),
    ];
  }
}

/** As `unnest` takes them. */
export const columnsOf = (signs: readonly SignOfLife[]): unknown[] => [
  signs.map(({ session_id }) => session_id),
  signs.map(({ seen_at }) => seen_at),
  signs.map(({ by_server }) => by_server),
];
