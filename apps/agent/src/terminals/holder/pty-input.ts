import { writeSync } from "node:fs";
import { mostWaitingInput } from "@orchestratia/holder-link/wire";

/** The kernel takes what a program reads, 4 KiB at most; it does not tell when. */
const firstRetryMs = 1;
const lastRetryMs = 50;

/**
 * What is typed into a pseudo terminal, in order, without ever waiting for its program. libuv's own writes wait, and a
 * program that prints what it reads waits for us to read that: both would wait for ever.
 */
export class PtyInput {
  readonly #fd: number;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #retryMs = firstRetryMs;
  #isOver = false;

  /** `fd` is the master's, and does not block. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** False when it is refused: so much waits already. */
  write(bytes: Buffer): boolean {
    if (this.#isOver || bytes.length === 0) return true;
    if (this.#bytes >= mostWaitingInput) return false;
    // They are the caller's for the time of this call only.
    this.#waiting.push(Buffer.from(bytes));
    this.#bytes += bytes.length;
    if (!this.#timer) this.#flush();
    return true;
  }

  #flush(): void {
    this.#timer = undefined;
    for (let piece = this.#waiting[0]; piece && !this.#isOver; piece = this.#waiting[0]) {
      const written = this.#writeNow(piece);
      if (written > 0) this.#retryMs = firstRetryMs;
      this.#bytes -= written;
      if (written < piece.length) {
        this.#waiting[0] = piece.subarray(written);
        this.#timer = setTimeout(() => this.#flush(), this.#retryMs);
        this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
        return;
      }
      this.#waiting.shift();
    }
  }

  /** 0 when the kernel takes nothing now, or never again. */
  #writeNow(piece: Buffer): number {
    try {
      return writeSync(this.#fd, piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") this.close();
      return 0;
    }
  }

  /** The terminal is going: its descriptor's number may be another's afterwards. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.#bytes = 0;
  }
}
