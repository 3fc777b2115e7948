export interface FailureLimits {
  /** So many cost nothing; each further one costs a pause, twice as long as the one before. */
  free: number;
  firstPauseMs: number;
  longestPauseMs: number;
}

interface Failures {
  count: number;
  lastAt: number;
}

/** After so long without another failure nothing is remembered. */
const FORGOTTEN_MS = 30 * 60_000;
const MAX_KEPT = 10_000;

/** Counts failures by key and says how long whoever fails must pause. */
export class FailureCount {
  readonly #limits: FailureLimits;
  readonly #failures = new Map<string, Failures>();

  constructor(limits: FailureLimits) {
    this.#limits = limits;
  }

  waitMs(key: string, now: number): number {
    const failures = this.#failures.get(key);
    if (!failures) return 0;
    const { free, firstPauseMs, longestPauseMs } = this.#limits;
    const pauseMs = failures.count < free ? 0 : Math.min(firstPauseMs * 2 ** (failures.count - free), longestPauseMs);
    return Math.max(0, failures.lastAt + pauseMs - now);
  }

  add(key: string, now: number): void {
    const before = this.#failures.get(key);
    const count = before && now - before.lastAt < FORGOTTEN_MS ? before.count + 1 : 1;
    this.#failures.delete(key);
    this.#failures.set(key, { count, lastAt: now });
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= MAX_KEPT) break;
      this.#failures.delete(oldest);
    }
  }

  /** One that was counted before its outcome was known was no failure. */
  takeBack(key: string): void {
    const failures = this.#failures.get(key);
    if (failures) failures.count -= 1;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }
}
