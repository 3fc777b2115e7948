/** Something to wait for: what was told while nobody waited is not lost. */
export class News {
  #told = false;
  #resolve = () => {};

  tell() {
    this.#told = true;
    this.#resolve();
  }

  /** Resolves when something was told since the last time, or after `ms`. */
  async next(ms) {
    if (!this.#told) {
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#resolve = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#told = false;
  }
}
