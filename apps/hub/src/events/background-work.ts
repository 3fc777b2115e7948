import type { Logger } from "pino";
import type { RunningPart } from "./running-part.ts";
import { SingleFile } from "./single-file.ts";

interface BackgroundWorkOptions {
  log: Logger;
  /** For the log, when it failed. */
  failure: string;
  /** Does what there is to do from rows alone; it looks whether it is to stop before each long step. */
  run(isStopped: () => boolean): Promise<void>;
}

/**
 * Work that waits for what is slow, a daemon or a store, so that nobody waits for it: begun each 30 s, one run at a
 * time. What fails because it is stopped is no failure.
 */
export class BackgroundWork implements RunningPart {
  readonly #options: BackgroundWorkOptions;
  readonly #turns = new SingleFile(() => this.#turn());
  #stopped = false;

  constructor(options: BackgroundWorkOptions) {
    this.#options = options;
  }

  /** There is something to do that need not wait for the next 30 s. */
  wake(): void {
    const { log, failure } = this.#options;
    void this.#turns.run().catch((error) => {
      if (!this.#stopped) log.error({ err: error }, failure);
    });
  }

  async rederive(): Promise<void> {
    this.wake();
  }

  settled(): Promise<void> {
    return this.#turns.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.settled();
  }

  async #turn(): Promise<void> {
    if (!this.#stopped) await this.#options.run(() => this.#stopped);
  }
}
