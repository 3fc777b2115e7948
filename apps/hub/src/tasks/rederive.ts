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

  async start(): Promise<void> {
    await this.run();
    this.#timer = setInterval(() => {
      this.#running = this.#running
        .then(() => this.run())
        .catch((error) => this.#engine.log.error({ err: error }, "the rows could not be read again"));
    }, this.#everyMs);
  }

  async run(): Promise<void> {
    const { fleet, matcher, delivery } = this.#engine;
    await fleet.load();
    for (const projectId of fleet.projects) matcher.wake(projectId);
    await delivery.rederive();
    for (const part of this.#parts) await part.rederive();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}
