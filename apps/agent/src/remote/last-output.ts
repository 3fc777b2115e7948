/** How long what a program left behind may keep its output open. */
const quietMs = 250;
/** How often in a row it may print in that time. */
const mostRounds = 8;

/**
 * Tells when everything has been read that an ended program printed, although somebody may still hold its output open:
 * when nothing came for 250 ms in which it was read all the time. Whoever prints on and on is not waited for longer than
 * 2 s of reading.
 */
export class LastOutput implements Disposable {
  #changes = 0;
  #rounds = 0;
  #isPaused = false;
  #timer: NodeJS.Timeout | undefined;

  /** Something was read. */
  came(): void {
    this.#changes += 1;
  }

  /** Nothing is read for now. */
  paused(): void {
    this.#isPaused = true;
  }

  resumed(): void {
    this.#isPaused = false;
    this.#changes += 1;
    this.#rounds = 0;
  }

  /** The program has ended. Calls `looked` each time that it has waited and `done` at the end, unless disposed before. */
  wait({ looked, done }: { looked: () => void; done: () => void }): void {
    const before = this.#changes;
    // Behind a long pause of the whole process the timer is due before what has come meanwhile is read.
    this.#timer = setTimeout(() => setImmediate(look), quietMs);
    const look = () => {
      if (this.#timer === undefined) return;
      looked();
      if (!this.#isPaused) this.#rounds += 1;
      const isQuiet = !this.#isPaused && this.#changes === before;
      if (isQuiet || this.#rounds >= mostRounds) done();
      else this.wait({ looked, done });
    };
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
