import { type FSWatcher, rmSync, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { encodeRecordingSegment, encodeTerminalFrame, TERMINAL_KINDS } from "@orchestratia/protocol/terminal-frame";
import { type Clock, systemClock } from "../clock.ts";
import { listSegments, type SegmentFile, segmentPath } from "./segment-file.ts";

const mostInFlight = 2;
/** The hub says nothing when it could not keep a segment; it is sent again then. */
const againAfterMs = 60_000;
/** What a watch on the folder missed is found within this time. */
const lookEveryMs = 10_000;

export interface RecordingSenderOptions {
  /** The recording folder of the session; see `recordingFolder`. */
  folder: string;
  /** Takes a binary frame when the link has nothing better to send, and resolves when it has room for another. */
  send: (frame: Uint8Array) => void | Promise<void>;
  clock?: Clock;
}

/**
 * Hands the closed segments of one session to the hub, in order, and removes what the hub has:
 *
 *   unlinked: segments gather on disk
 *   begun:    at most two are under way, until `recorded` says that they are kept
 *
 * A new link begins again at the segment that the hub wants, so what was under way when the old one broke comes again.
 */
export class RecordingSender {
  readonly #folder: string;
  readonly #send: RecordingSenderOptions["send"];
  readonly #clock: Clock;
  #watcher: FSWatcher | undefined;
  #cancelLook: () => void;
  /** The link of now: the session's number, and the segment to send next. */
  #link: { session: number; next: number } | undefined;
  #inFlight = new Set<number>();
  #heardAt = 0;
  #isLooking = false;
  #isChanged = false;
  readonly #waiters = new Set<{ dueMs: number; finish: (isDrained: boolean) => void }>();
  /** How long there was a link, as the regular looks saw it. */
  #linkedMs = 0;

  constructor({ folder, send, clock = systemClock }: RecordingSenderOptions) {
    this.#folder = folder;
    this.#send = send;
    this.#clock = clock;
    this.#cancelLook = clock.after(lookEveryMs, () => this.#lookAgain());
  }

  /** A link is up on which the session has this number; the hub wants `next` and whatever comes behind it. */
  begin(session: number, next: number): void {
    this.#inFlight = new Set();
    this.#link = { session, next };
    this.#heardAt = this.#clock.now();
    this.#remove(next - 1);
    this.look();
  }

  /** The link is gone. */
  stop(): void {
    this.#link = undefined;
    this.#inFlight = new Set();
  }

  /** The hub keeps this segment and those before it. */
  recorded(segment: number): void {
    this.#heardAt = this.#clock.now();
    this.#remove(segment);
    this.look();
  }

  /** To be called when a segment may have come. */
  look(): void {
    this.#watcher ??= watchFolder(this.#folder, () => this.look());
    this.#isChanged = true;
    if (!this.#isLooking) void this.#sendWaiting();
  }

  /**
   * Resolves when the hub has every segment of the folder: true; or after `limitMs` with a link, within which it could
   * have taken them: false.
   */
  async drained(limitMs: number): Promise<boolean> {
    if (listSegments(this.#folder).length === 0) return true;
    return new Promise((resolve) => {
      const waiter = {
        dueMs: this.#linkedMs + limitMs,
        finish: (isDrained: boolean) => {
          this.#waiters.delete(waiter);
          resolve(isDrained);
        },
      };
      this.#waiters.add(waiter);
      this.look();
    });
  }

  [Symbol.dispose](): void {
    this.stop();
    this.#watcher?.close();
    this.#cancelLook();
  }

  #lookAgain(): void {
    this.#cancelLook = this.#clock.after(lookEveryMs, () => this.#lookAgain());
    if (this.#link) this.#linkedMs += lookEveryMs;
    for (const { dueMs, finish } of [...this.#waiters]) if (this.#linkedMs >= dueMs) finish(false);
    if (this.#link && this.#inFlight.size > 0 && this.#clock.now() - this.#heardAt >= againAfterMs) {
      this.#link = { ...this.#link, next: Math.min(...this.#inFlight) };
      this.#inFlight.clear();
      this.#heardAt = this.#clock.now();
    }
    this.look();
  }

  #remove(last: number): void {
    for (const file of listSegments(this.#folder)) {
      if (file.segment <= last) rmSync(segmentPath(this.#folder, file), { force: true });
    }
    for (const segment of this.#inFlight) if (segment <= last) this.#inFlight.delete(segment);
  }

  async #sendWaiting(): Promise<void> {
    this.#isLooking = true;
    try {
      while (this.#isChanged) {
        this.#isChanged = false;
        const files = listSegments(this.#folder);
        if (files.length === 0) for (const { finish } of [...this.#waiters]) finish(true);
        for (const file of files) {
          if (this.#isChanged) break;
          await this.#sendOne(file);
        }
      }
    } finally {
      this.#isLooking = false;
    }
  }

  async #sendOne(file: SegmentFile): Promise<void> {
    const link = this.#link;
    if (!link || file.segment < link.next || this.#inFlight.size >= mostInFlight) return;
    const gzip = await readFile(segmentPath(this.#folder, file)).catch(() => undefined);
    if (!gzip || link !== this.#link) return;
    if (this.#inFlight.size === 0) this.#heardAt = this.#clock.now();
    link.next = file.segment + 1;
    this.#inFlight.add(file.segment);
    const payload = encodeRecordingSegment({ segment: file.segment, end: file.end, gzip });
    const kind = TERMINAL_KINDS.recording;
    await this.#send(encodeTerminalFrame({ kind, session: link.session, offset: file.offset, payload }));
  }
}

/** The folder may not be there yet, a watch may miss things, some file systems have none: hence the regular look. */
function watchFolder(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    return watch(folder, { persistent: false }, onChange).on("error", () => {});
  } catch {
    return undefined;
  }
}
