import type { Pool } from "pg";
import type { Logger } from "pino";
import { advisoryLockKeys } from "../db/advisory-lock-keys.ts";
import type { Database } from "../db/database.ts";
import { openPipelinedPool, pipelinedTransaction } from "../db/pipelined-transaction.ts";
import { ACTIVITY_COLUMNS, type ActivityRow, toActivity } from "./activity-row.ts";
import type { Bus } from "./bus.ts";

const BATCH = 1_000;
/** A net only: whoever records facts wakes the sequencer itself. */
const NET_MS = 2_000;

/** In a statement of its own: the next one must see what was committed while this one waited. */
const LOCK = {
  name: "lock_positions",
  text: "select pg_advisory_xact_lock($1)",
  values: [advisoryLockKeys.sequencer],
};
const NUMBER = {
  name: "number_facts",
  text: `with last as (select coalesce(max(position), 0) as position from activity_log),
      next as (
        select seq, row_number() over (order by seq) as place
        from (select seq from activity_log where position is null order by seq limit ${BATCH}) as unnumbered
      )
    update activity_log a set position = last.position + next.place from last, next where a.seq = next.seq
    returning ${ACTIVITY_COLUMNS}`,
  values: [],
};

/**
 * Gives each fact its place in the public order. A fact's `seq` is taken when it is written, so a later one may commit
 * first; its `position` is given only after the commit, one numbering at a time, so a cursor can never skip a late one.
 */
export class Sequencer {
  readonly #pool: Pool;
  readonly #bus: Bus;
  readonly #log: Logger;
  #running: Promise<void> | undefined;
  #woken = false;
  #net: NodeJS.Timeout | undefined;

  constructor(database: Database, bus: Bus, log: Logger) {
    this.#pool = openPipelinedPool(database, 1);
    this.#bus = bus;
    this.#log = log;
  }

  async start(): Promise<void> {
    const { rows } = await this.#pool.query("select coalesce(max(position), 0) as position from activity_log");
    this.#bus.startAt(Number(rows[0].position));
    this.#net = setInterval(() => this.wake(), NET_MS);
    this.wake();
  }

  /** Call after the commit of a transaction that recorded facts. */
  wake(): void {
    this.#woken = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#woken && this.#net) this.wake();
    });
  }

  /** When everything recorded before the call has been published. */
  async settled(): Promise<void> {
    this.wake();
    while (this.#running !== undefined) await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#net);
    this.#net = undefined;
    await this.#running;
    await this.#pool.end();
  }

  async #run(): Promise<void> {
    while (this.#woken) {
      this.#woken = false;
      try {
        while ((await this.#numberBatch()) === BATCH);
      } catch (error) {
        this.#log.error({ err: error }, "facts could not be numbered; they will be soon");
        return;
      }
    }
  }

  async #numberBatch(): Promise<number> {
    const [, numbered] = await pipelinedTransaction(this.#pool, [LOCK, NUMBER]);
    const rows = numbered as ActivityRow[];
    this.#bus.publish(rows.map(toActivity).sort((left, right) => left.position - right.position));
    return rows.length;
  }
}
