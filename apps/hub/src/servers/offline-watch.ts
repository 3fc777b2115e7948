import type { ProjectId, ServerId } from "@orchestratia/protocol/vocabulary";
import { actorOf, SYSTEM } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { takeLeasesAsSeen } from "../leases/taken-as-seen.ts";
import { type DeadlineClock, Pauses } from "../timers/pauses.ts";
import type { Servers } from "./servers.ts";

export interface OfflineWatchOptions {
  /** Without a heartbeat for so long a server is offline. */
  offlineMs?: number;
  checkMs?: number;
  clock?: DeadlineClock;
}

type Watched = Pick<Servers, "database" | "events" | "onServerChanged" | "log">;

/** A pause of so many checks means that the hub or its database was away, and heartbeats could not arrive. */
const MISSED_CHECKS = 4;

/**
 * Marks servers offline that sent no heartbeat for 90 s; what their sessions hold expires with that. Time in which the hub
 * could not hear them does not count.
 */
export class OfflineWatch implements AsyncDisposable {
  readonly #servers: Watched;
  readonly #offlineMs: number;
  readonly #checkMs: number;
  readonly #pauses: Pauses;
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> = Promise.resolve();

  constructor(servers: Watched, { offlineMs = 90_000, checkMs = 5_000, clock }: OfflineWatchOptions = {}) {
    this.#servers = servers;
    this.#offlineMs = offlineMs;
    this.#checkMs = checkMs;
    this.#pauses = new Pauses(servers.database.sql, { longestMs: checkMs * MISSED_CHECKS, beforeFirst: true, clock });
  }

  /** Takes every server and every lease as seen now and begins to watch. */
  async start(): Promise<void> {
    await this.check();
    this.#timer = setInterval(() => {
      this.#checking = this.#checking
        .then(() => this.check())
        .catch((error) => {
          this.#servers.log.warn({ err: error }, "whether servers are online could not be checked");
        });
    }, this.#checkMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#checking;
  }

  /** Those that were silent for too long, unless nobody could be heard until now: that takes all of them as seen. */
  async check(): Promise<void> {
    const paused = await this.#pauses.turn(() => this.#takeAsSeenNow());
    if (!paused) await this.markOffline();
  }

  async #takeAsSeenNow(): Promise<void> {
    const { sql } = this.#servers.database;
    await sql.query(
      `update servers set last_heartbeat = case when status = 'online' then now() else last_heartbeat end,
         offline_since = case when status = 'offline' then now() end`,
    );
    await sql.query("update sessions set missing_since = now() where status in ('disconnected', 'lost')");
    await takeLeasesAsSeen(sql);
  }

  /** Those that were silent for too long. */
  async markOffline(): Promise<void> {
    const { database, events, onServerChanged } = this.#servers;
    const gone = await transaction(database.pool, async (tx) => {
      const rows = await tx.query<{ id: ServerId; project_id: ProjectId; name: string }>(
        `update servers set status = 'offline', offline_since = now()
         where status = 'online' and last_heartbeat < now() - $1 * interval '1 millisecond'
         returning id, project_id, name`,
        [this.#offlineMs],
      );
      await tx.query(
        `update engine.leases set expires_at = now()
         where server_id = any($1::uuid[]) and closed_at is null and expires_at > now()`,
        [rows.map(({ id }) => id)],
      );
      await record(
        tx,
        ...rows.map(({ id, project_id, name }) => ({
          type: "server.offline" as const,
          project_id,
          server_id: id,
          actor: actorOf(SYSTEM),
          details: { name },
        })),
      );
      return rows;
    });
    if (gone.length === 0) return;
    events.wake();
    for (const { id } of gone) onServerChanged(id);
  }
}
