import type { LiveSession } from "../sessions/live-sessions.ts";

/**
 * A daemon stops at 128 KiB that were not acknowledged, and both hops acknowledge each 32 KiB: so much may lie between
 * a driver that keeps up and the end.
 */
const STALL_BYTES = 64 * 1024;
const STALL_MS = 1_000;
const CAUGHT_UP_BYTES = 32 * 1024;

/** Whoever can set the pace. */
export interface PaceSetter {
  /** Everything before it was consumed; undefined for a viewer that never says. */
  readonly acked: number | undefined;
}

/**
 * Says how much of a session's output was consumed. Only the driver can slow its terminal, and only while it gets on: one
 * that acknowledges nothing for a second, or never did, does not count until it has caught up.
 */
export class Pace implements Disposable {
  readonly #session: LiveSession;
  readonly #stallMs: number;
  #driver: PaceSetter | undefined;
  #stalled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(session: LiveSession, stallMs = STALL_MS) {
    this.#session = session;
    this.#stallMs = stallMs;
  }

  follow(driver: PaceSetter | undefined): void {
    this.#stopTimer();
    this.#driver = driver;
    this.#stalled = false;
    this.update();
  }

  /** The driver has acknowledged more. */
  acknowledged(): void {
    this.#stopTimer();
    this.update();
  }

  /** Output came, or somebody acknowledged. */
  update(): void {
    const { output, feed } = this.#session;
    const acked = this.#driver?.acked;
    if (acked === undefined) {
      feed.consumed(output.end);
      return;
    }
    // What the window has skipped is on no line any more.
    const consumed = Math.max(acked, output.start);
    const left = output.end - consumed;
    if (left <= CAUGHT_UP_BYTES) this.#stalled = false;
    if (left < STALL_BYTES) this.#stopTimer();
    else if (!this.#stalled) this.#timer ??= setTimeout(() => this.#stall(), this.#stallMs).unref();
    feed.consumed(this.#stalled ? output.end : consumed);
  }

  [Symbol.dispose](): void {
    this.#stopTimer();
  }

  #stall(): void {
    this.#timer = undefined;
    this.#stalled = true;
    this.update();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
