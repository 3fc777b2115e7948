import { setTimeout as sleep } from "node:timers/promises";

const firstMs = 100;
const longestMs = 10_000;
/** What was tried again this long ago has gone well. */
const calmMs = 30_000;

/** Before something that went wrong is tried again: none before the first try, then longer and longer ones. */
export class GrowingPause {
  #ms = 0;
  #triedAt = Number.NEGATIVE_INFINITY;

  async wait(): Promise<void> {
    if (performance.now() - this.#triedAt > calmMs) this.#ms = 0;
    const ms = this.#ms;
    this.#ms = Math.min(Math.max(firstMs, 2 * ms), longestMs);
    if (ms > 0) await sleep(ms);
    this.#triedAt = performance.now();
  }
}
