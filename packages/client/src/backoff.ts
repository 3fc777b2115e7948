export interface BackoffOptions {
  firstMs: number;
  mostMs: number;
  /** 0 to 1; Math.random by default. */
  random?: () => number;
}

/** Waits that double up to a bound, each shortened at random by up to half, so that a fleet does not return at once. */
export class Backoff {
  readonly #options: BackoffOptions;
  #tries = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Milliseconds to wait before the next try. */
  next(): number {
    const full = Math.min(this.#options.firstMs * 2 ** this.#tries, this.#options.mostMs);
    this.#tries += 1;
    return full * (1 - (this.#options.random ?? Math.random)() / 2);
  }

  reset(): void {
    this.#tries = 0;
  }
}
