import type { Clock } from "../clock.ts";
import { OutputFrame } from "./output-frame.ts";

const windowMs = 4;
/** What may leave at once within one window; an echo is far below it. */
const promptBytes = 2 * 1024;

/**
 * Gathers output into frames without making an echo wait: bytes leave at once while little has left in the last 4 ms;
 * else one frame leaves per 4 ms, or as soon as it is full.
 */
export class OutputWindow {
  readonly #clock: Clock;
  readonly #send: (frame: OutputFrame) => void;
  #frame: OutputFrame | undefined;
  #windowStart = Number.NEGATIVE_INFINITY;
  #sentInWindow = 0;
  #cancel: (() => void) | undefined;

  /** Whoever is sent a frame has to release it. */
  constructor(clock: Clock, send: (frame: OutputFrame) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** Copies the bytes. */
  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      this.#frame ??= OutputFrame.take();
      at += this.#frame.put(bytes, at);
      if (this.#frame.isFull) this.flush();
    }
    if (!this.#frame || this.#cancel) return;
    this.#slide();
    if (this.#sentInWindow + this.#frame.length <= promptBytes) this.flush();
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
    const frame = this.#take();
    if (!frame) return;
    this.#slide();
    this.#sentInWindow += frame.length;
    this.#send(frame);
  }

  /** Forgets what is gathered. */
  drop(): void {
    this.#take()?.release();
  }

  #take(): OutputFrame | undefined {
    this.#cancel?.();
    this.#cancel = undefined;
    const frame = this.#frame;
    this.#frame = undefined;
    return frame;
  }
}
