import type { Logger } from "pino";
import type { RunningPart } from "../events/running-part.ts";
import { SingleFile } from "../events/single-file.ts";

export interface DueTimerOptions {
  /** For the log: what could not be done. */
  name: string;
  log: Logger;
  /** Does everything that is due by the database's clock, in batches that other transactions do not wait for. */
  run(): Promise<void>;
  /** Milliseconds, by the database's clock, until the next row is due; undefined when none waits. */
  next(): Promise<number | undefined>;
}

/** The longest that Node's own timer can wait; the rows are looked through each 30 s anyway. */
const LONGEST_MS = 60_000;

/** One timer for all rows that become due: armed for the next one, and again whenever a row is written. */
export class DueTimer implements RunningPart {
  readonly #options: DueTimerOptions;
  readonly #turns = new SingleFile(() => this.#turn());
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: DueTimerOptions) {
    this.#options = options;
  }

  /** A row was written that may be due before the others. */
  wake(): void {
    this.#turns.run().catch((error) => {
      this.#options.log.error({ err: error, timer: this.#options.name }, "a timer failed; it runs again within 30 s");
    });
  }

  rederive(): Promise<void> {
    return this.#turns.run();
  }

  settled(): Promise<void> {
    return this.#turns.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.settled();
  }

  async #turn(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#options.run();
    const wait = await this.#options.next();
    if (wait === undefined || this.#stopped) return;
    this.#timer = setTimeout(() => this.wake(), Math.min(Math.max(wait, 0), LONGEST_MS));
    this.#timer.unref();
  }
}
