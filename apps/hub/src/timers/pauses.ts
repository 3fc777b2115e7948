import type { Sql } from "../db/transaction.ts";

/** What time it is, in milliseconds since the epoch, by the clock that deadlines are read by. */
export type DeadlineClock = (sql: Sql) => Promise<number>;

const NOW = {
  name: "deadline_clock",
  text: "select (extract(epoch from clock_timestamp()) * 1000)::float8 as now",
};

const databaseClock: DeadlineClock = async (sql) => {
  const [row] = await sql.query<{ now: number }>(NOW);
  if (!row) throw new Error("Postgres did not say what time it is");
  return row.now;
};

export interface PausesOptions {
  /** Turns come more often than this, unless the hub, its machine or its database was away. */
  longestMs: number;
  /** Whether the time before the first turn counts as a pause. */
  beforeFirst: boolean;
  clock?: DeadlineClock | undefined;
}

/**
 * Notices that the hub could hear nobody: it or its database was down, or its machine asleep, in which time this process's
 * own clock may have stood still while deadlines went by. So turns are timed by the database's clock, which deadlines are
 * read by. Somebody who sets that clock, forward or back, makes a pause as well: what is silent is taken for silent from
 * then on, and nobody is lost or denied for it.
 */
export class Pauses {
  readonly #sql: Sql;
  readonly #options: PausesOptions;
  #lastAt: number | undefined;

  constructor(sql: Sql, options: PausesOptions) {
    this.#sql = sql;
    this.#options = options;
  }

  /** Begins a turn; `forgive` runs first when it follows a pause, until it once succeeds. Answers whether it ran. */
  async turn(forgive: () => Promise<unknown>): Promise<boolean> {
    const { longestMs, beforeFirst, clock = databaseClock } = this.#options;
    const now = await clock(this.#sql);
    const paused = this.#lastAt === undefined ? beforeFirst : Math.abs(now - this.#lastAt) > longestMs;
    if (paused) await forgive();
    this.#lastAt = now;
    return paused;
  }

  /** The rows could not be read: whatever time it takes until they can be counts as a pause. */
  lost(): void {
    this.#lastAt = undefined;
  }
}
