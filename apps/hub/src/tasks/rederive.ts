import { eachAlone } from "../events/each-alone.ts";
import type { RunningPart } from "../events/running-part.ts";
import type { Engine } from "./engine.ts";

const EVERY_MS = 30_000;

/**
 * From rows alone, at start and each 30 s: what could be placed, started or delivered is. A crash between a commit and
 * its push, or news that never came, cost seconds, never a task.
 */
export class Rederivation {
  readonly #engine: Engine;
  readonly #parts: readonly RunningPart[];
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(engine: Engine, parts: readonly RunningPart[], everyMs = EVERY_MS) {
    this.#engine = engine;
    this.#parts = parts;
    this.#everyMs = everyMs;
  }

  /** What cannot be done at the start does not keep the hub from starting: it is tried again like the rest. */
  async start(): Promise<void> {
    await this.#try();
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.#try());
    }, this.#everyMs);
  }

  async run(): Promise<void> {
    const { fleet, matcher, delivery } = this.#engine;
    await fleet.load();
    for (const projectId of fleet.projects) matcher.wake(projectId);
    await eachAlone([delivery, ...this.#parts], (part) => part.rederive());
  }

  async #try(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      this.#engine.log.error(
        { err: error },
        "not all that the rows ask for could be done; it is tried again within 30 s",
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}
