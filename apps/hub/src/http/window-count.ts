interface Window {
  count: number;
  endsAt: number;
}

const MAX_KEPT = 10_000;

/** Counts by key, in windows of one length that begin with the first thing counted. */
export class WindowCount {
  readonly #most: number;
  readonly #lengthMs: number;
  readonly #now: () => number;
  readonly #windows = new Map<string, Window>();

  constructor(most: number, lengthMs: number, now: () => number = Date.now) {
    this.#most = most;
    this.#lengthMs = lengthMs;
    this.#now = now;
  }

  /** Counts one more and returns how to take it back; or the milliseconds to wait, and counts nothing. */
  add(key: string): (() => void) | number {
    const now = this.#now();
    const window = this.#open(key, now);
    if (window.count >= this.#most) return window.endsAt - now;
    window.count += 1;
    return () => {
      window.count -= 1;
    };
  }

  #open(key: string, now: number): Window {
    const known = this.#windows.get(key);
    if (known && known.endsAt > now) return known;
    const window = { count: 0, endsAt: now + this.#lengthMs };
    this.#windows.delete(key);
    this.#windows.set(key, window);
    for (const oldest of this.#windows.keys()) {
      if (this.#windows.size <= MAX_KEPT) break;
      this.#windows.delete(oldest);
    }
    return window;
  }
}
