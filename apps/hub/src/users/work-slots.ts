import { Problem } from "@orchestratia/protocol/problems";

export interface WorkLimits {
  /** So many are done at once … */
  atOnce: number;
  /** … and so many more wait for their turn. */
  waiting: number;
}

/** Does costly work a few at a time, in the order in which it came, and refuses what would wait too long. */
export class WorkSlots {
  readonly #limits: WorkLimits;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(limits: WorkLimits) {
    this.#limits = limits;
  }

  /** Throws too_many_requests without beginning the work when too many wait already. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#busy < this.#limits.atOnce) {
      this.#busy += 1;
      return;
    }
    if (this.#waiting.length >= this.#limits.waiting) {
      throw new Problem("too_many_requests", "The hub is checking too many passwords at once; try again in 1 s.", {
        retry_after: 1,
      });
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The slot passes to whoever waits longest. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#busy -= 1;
  }
}
