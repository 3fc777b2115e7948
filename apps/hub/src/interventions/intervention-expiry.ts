import type { Bus } from "../events/bus.ts";
import { eachAlone } from "../events/each-alone.ts";
import type { RunningPart } from "../events/running-part.ts";
import type { Engine } from "../tasks/engine.ts";
import { DueTimer } from "../timers/due-timer.ts";
import { type DeadlineClock, Pauses } from "../timers/pauses.ts";
import { expireIntervention, type Overdue } from "./expire-intervention.ts";

/** What became due while nobody could answer stays open for so long after that. */
const LONGER_SECONDS = 60;
/** The rows are looked through each 30 s: after a pause of so long the hub or its database was away. */
const AWAY_MS = 100_000;
const BATCH = 200;

const OVERDUE = {
  name: "interventions_overdue",
  text: `select id, project_id, task_id from interventions where status = 'pending' and timeout_at <= now()
    order by timeout_at limit ${BATCH}`,
};
const NEXT = {
  name: "next_intervention_due",
  text: `select (extract(epoch from min(timeout_at) - now()) * 1000)::float8 as wait from interventions
    where status = 'pending' and timeout_at is not null`,
};
const LONGER = {
  name: "interventions_longer",
  text: `update interventions set timeout_at = now() + interval '${LONGER_SECONDS} s'
    where status = 'pending' and timeout_at <= now()`,
};

/**
 * Ends what nobody answers in time. Time in which the hub or its database was down or asleep does not count: what is overdue
 * when the rows can be read again gets a minute more.
 */
export class InterventionExpiry implements RunningPart {
  readonly #engine: Engine;
  readonly #timer: DueTimer;
  readonly #unsubscribe: () => void;
  readonly #pauses: Pauses;

  constructor(engine: Engine, bus: Bus, clock?: DeadlineClock) {
    this.#engine = engine;
    this.#pauses = new Pauses(engine.database.sql, { longestMs: AWAY_MS, beforeFirst: true, clock });
    this.#timer = new DueTimer({
      name: "interventions",
      log: engine.log,
      run: () => this.#run(),
      next: () => this.#next(),
    });
    this.#unsubscribe = bus.subscribe((fact) => {
      const { event_type } = fact;
      if (event_type === "task.help_requested" || event_type === "intervention.raised") this.#timer.wake();
    });
  }

  rederive(): Promise<void> {
    return this.#timer.rederive();
  }

  settled(): Promise<void> {
    return this.#timer.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    await this.#timer[Symbol.asyncDispose]();
  }

  /** One that cannot be ended is not in the way of the others; all that is left is tried again within 30 s. */
  async #run(): Promise<void> {
    const overdue = await this.#read(() => this.#overdue());
    await eachAlone(overdue, (intervention) => expireIntervention(this.#engine, intervention));
  }

  async #overdue(): Promise<Overdue[]> {
    const { sql } = this.#engine.database;
    await this.#pauses.turn(() => sql.query(LONGER));
    return sql.query<Overdue>(OVERDUE);
  }

  async #next(): Promise<number | undefined> {
    const [next] = await this.#read(() => this.#engine.database.sql.query<{ wait: number | null }>(NEXT));
    return next?.wait ?? undefined;
  }

  async #read<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      this.#pauses.lost();
      throw error;
    }
  }
}
