import type { Clock } from "../clock.ts";

const windowMs = 4;
/** What may leave at once within one window; an echo is far below it. */
const promptBytes = 2 * 1024;
/** What is acknowledged at once: who waits for room gets so much, and must not hold it back. */
const frameBytes = 32 * 1024;

/**
 * Gathers output into frames without making an echo wait: bytes leave at once while little has left in the last 4 ms;
 * else one frame leaves per 4 ms, or as soon as 32 KB are together.
 */
export class OutputWindow {
  readonly #clock: Clock;
  readonly #send: (bytes: Buffer) => void;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #windowStart = Number.NEGATIVE_INFINITY;
  #sentInWindow = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, send: (bytes: Buffer) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  push(bytes: Buffer): void {
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= frameBytes) {
      this.flush();
      return;
    }
    if (this.#cancel) return;
    this.#slide();
    if (this.#sentInWindow + this.#bytes <= promptBytes) this.flush();
    else this.#cancel = this.#clock.after(windowMs, () => this.flush());
  }

  #slide(): void {
    const now = this.#clock.now();
    if (now - this.#windowStart < windowMs) return;
    this.#windowStart = now;
    this.#sentInWindow = 0;
  }

  /** Sends what is gathered. */
  flush(): void {
    if (this.#bytes === 0) return;
    const [only] = this.#chunks;
    const bytes = this.#chunks.length === 1 && only ? only : Buffer.concat(this.#chunks, this.#bytes);
    this.drop();
    this.#slide();
    this.#sentInWindow += bytes.length;
    this.#send(bytes);
  }

  /** Forgets what is gathered. */
  drop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#chunks = [];
    this.#bytes = 0;
  }
}
