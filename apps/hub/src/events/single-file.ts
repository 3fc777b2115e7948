/** Runs one turn at a time; who asks during a turn gets one more after it. */
export class SingleFile {
  readonly #turn: () => Promise<void>;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(turn: () => Promise<void>) {
    this.#turn = turn;
  }

  /** Resolves after a turn that began later than this call. */
  async run(): Promise<void> {
    this.#again = true;
    while (this.#again || this.#running !== undefined) {
      this.#running ??= this.#loop().finally(() => {
        this.#running = undefined;
      });
      await this.#running;
    }
  }

  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running.catch(() => {});
  }

  async #loop(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.#turn();
    }
  }
}
