/** Lets work of one key run one after the other, in the order in which it came. */
export class Turns {
  readonly #tails = new Map<string, Promise<void>>();
  readonly #failed: (error: unknown, key: string) => void;

  constructor(failed: (error: unknown, key: string) => void) {
    this.#failed = failed;
  }

  run(key: string, work: () => Promise<unknown>): void {
    const tail = (this.#tails.get(key) ?? Promise.resolve())
      .then(work)
      .catch((error: unknown) => this.#failed(error, key))
      .then(() => {
        if (this.#tails.get(key) === tail) this.#tails.delete(key);
      });
    this.#tails.set(key, tail);
  }

  /** When everything that waits now is done. */
  async settled(): Promise<void> {
    await Promise.all(this.#tails.values());
  }
}
