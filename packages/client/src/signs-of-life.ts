export interface SignsOfLifeOptions {
  /** Milliseconds between two questions, and how long the answer may take. */
  everyMs: number;
  limitMs: number;
  ask: () => void;
  onSilent: () => void;
}

/** Notices a network that died without saying so: asks now and then, and whatever comes is an answer. */
export class SignsOfLife implements Disposable {
  readonly #timer: ReturnType<typeof setInterval>;
  #limit: ReturnType<typeof setTimeout> | undefined;

  constructor({ everyMs, limitMs, ask, onSilent }: SignsOfLifeOptions) {
    this.#timer = setInterval(() => {
      ask();
      this.#limit ??= setTimeout(() => {
        this[Symbol.dispose]();
        onSilent();
      }, limitMs);
    }, everyMs);
  }

  /** Something came. */
  heard(): void {
    clearTimeout(this.#limit);
    this.#limit = undefined;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    clearTimeout(this.#limit);
  }
}
