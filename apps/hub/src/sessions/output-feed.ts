import type { HubFrame } from "@orchestratia/protocol/server-link";
import type { SessionId } from "@orchestratia/protocol/vocabulary";
import type { OutputWindow, SnapshotAt } from "./output-window.ts";

/** An acknowledgement for each so many bytes; a daemon sends four times as much ahead of it. */
const ACK_BYTES = 32 * 1024;

/**
 * What the hub asks a daemon about one session's output. A version 2 daemon sends none while nobody watches, and begins
 * where it is told to; a version 1 daemon sends everything and is asked nothing.
 */
export class OutputFeed {
  readonly #sessionId: SessionId;
  readonly #output: OutputWindow;
  #send: ((frame: HubFrame) => boolean) | undefined;
  #watched = false;
  #isEnding = false;
  #acked = 0;
  /** A snapshot is on its way. */
  #asked = false;
  #driver: string | null = null;

  constructor(sessionId: SessionId, output: OutputWindow) {
    this.#sessionId = sessionId;
    this.#output = output;
    output.listen({
      onOutput: () => {},
      onSnapshot: () => {
        this.#asked = false;
      },
    });
  }

  /** A version 2 daemon that has the session is linked: snapshots can be asked for, and bytes come while somebody watches. */
  get isExact(): boolean {
    return this.#send !== undefined;
  }

  /** The daemon has the session; what was missed since the last link is asked for. */
  linked(send: (frame: HubFrame) => boolean): void {
    this.#send = send;
    const asked = this.#asked;
    this.#asked = false;
    if (this.#watched) this.#watch(this.#output.end > this.#output.start ? this.#output.end : null);
    if (asked) this.askSnapshot();
    if (this.#driver !== null) this.tellDriver(this.#driver);
  }

  /** Not while the last screen is awaited. */
  unlinked(): void {
    if (!this.#isEnding) this.#send = undefined;
  }

  /** Somebody watches: output is to come from byte `from` on, or behind a snapshot (null). */
  watch(from: number | null): void {
    this.#watched = true;
    this.#watch(from);
  }

  /** Nobody watches any more. */
  unwatch(): void {
    this.#watched = false;
    this.#asked = false;
    this.#send?.({ type: "session_unwatch", session_id: this.#sessionId });
  }

  /**
   * Asks for a snapshot of the screen as it is now, once however many want it; it comes to the window. False when there
   * is nobody to ask.
   */
  askSnapshot(): boolean {
    if (this.#asked) return this.isExact;
    this.#asked = this.#send?.({ type: "session_snapshot", session_id: this.#sessionId }) ?? false;
    return this.#asked;
  }

  /** The screen as it is now, also where nobody watches; undefined when nobody can be asked, or does not answer in time. */
  freshSnapshot(limitMs: number): Promise<SnapshotAt | undefined> {
    return new Promise((resolve) => {
      const settle = (snapshot?: SnapshotAt) => {
        clearTimeout(limit);
        stop();
        if (!this.#watched) this.unwatch();
        resolve(snapshot);
      };
      const stop = this.#output.listen({ onOutput() {}, onSnapshot: settle });
      const limit = setTimeout(settle, limitMs);
      if (!this.isExact) settle();
      else if (this.#watched) this.askSnapshot();
      else this.#watch(null);
    });
  }

  /**
   * The screen behind the last byte of a session that ended, whatever is known of it then. Until it has come the feed stays
   * linked, since what is still under way has to be acknowledged.
   */
  async lastSnapshot(limitMs: number): Promise<void> {
    this.#isEnding = true;
    await this.freshSnapshot(limitMs);
    this.#isEnding = false;
    this.unlinked();
  }

  /** Everything before `offset` was consumed by whoever sets the pace. */
  consumed(offset: number): void {
    if (Math.abs(offset - this.#acked) < ACK_BYTES) return;
    this.#acked = offset;
    this.#send?.({ type: "ack", session_id: this.#sessionId, offset });
  }

  /** Who types from here on; for the recording. */
  tellDriver(user: string | null): void {
    this.#driver = user;
    this.#send?.({ type: "session_driver", session_id: this.#sessionId, user });
  }

  #watch(from: number | null): void {
    this.#acked = from ?? this.#output.end;
    if (from === null && this.#send) this.#asked = true;
    this.#send?.({ type: "session_watch", session_id: this.#sessionId, from });
  }
}
