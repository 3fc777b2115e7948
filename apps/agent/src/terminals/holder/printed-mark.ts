import { closeSync, openSync, utimesSync } from "node:fs";

const everyMs = 100;

/**
 * An empty file whose time of change says when a program printed last, to a tenth of a second: also to a daemon that
 * was not there then.
 */
export class PrintedMark {
  readonly #path: string;
  #timer: NodeJS.Timeout | undefined;
  #isStale = false;

  constructor(path: string) {
    this.#path = path;
    closeSync(openSync(path, "w", 0o600));
  }

  /** To be called when something is printed; costs it nothing now. */
  printed(): void {
    this.#isStale = true;
    if (this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isStale) this.printed();
    }, everyMs);
    setImmediate(() => this.#touch());
  }

  #touch(): void {
    this.#isStale = false;
    const now = new Date();
    try {
      utimesSync(this.#path, now, now);
    } catch {
      // The folder was removed: then nobody asks any more.
    }
  }
}
