/** Does what comes for one key one after the other, at once when nothing of it is still being done. */
export class InOrder {
  readonly #queues = new Map<string, Promise<void>>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Never throws. */
  run(key: string, work: () => Promise<void> | void): void {
    const before = this.#queues.get(key);
    if (before !== undefined) {
      this.#follow(key, before.then(work));
      return;
    }
    try {
      const working = work();
      if (working instanceof Promise) this.#follow(key, working);
    } catch (error) {
      this.#onError(error);
    }
  }

  #follow(key: string, working: Promise<void>): void {
    const done = working.catch(this.#onError).finally(() => {
      if (this.#queues.get(key) === done) this.#queues.delete(key);
    });
    this.#queues.set(key, done);
  }
}
