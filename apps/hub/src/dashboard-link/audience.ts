import { CATCH_UP_BYTES } from "@orchestratia/protocol/server-link";
import type { LiveSession } from "../sessions/live-sessions.ts";
import type { OutputListener, SizeAt, SnapshotAt } from "../sessions/output-window.ts";
import type { Attachment } from "./attachment.ts";
import { Pace } from "./pace.ts";
import { OutputPiece, SnapshotPiece } from "./terminal-piece.ts";

/** Everybody who looks at one session. Its output is asked for and listened to while somebody does. */
export class Audience implements OutputListener {
  readonly #session: LiveSession;
  readonly #attachments = new Set<Attachment>();
  readonly #pace: Pace;
  #stopListening: (() => void) | undefined;
  #driver: Attachment | undefined;
  #snapshot: SnapshotPiece | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(session: LiveSession) {
    this.#session = session;
    this.#pace = new Pace(session);
  }

  get isEmpty(): boolean {
    return this.#attachments.size === 0;
  }

  /** The one who types, if anybody does. */
  get driver(): Attachment | undefined {
    return this.#driver;
  }

  /** The looks of that viewer, over whichever connections. */
  of(viewer: string): Attachment[] {
    return [...this.#attachments].filter((each) => each.viewer === viewer);
  }

  has(attachment: Attachment): boolean {
    return this.#attachments.has(attachment);
  }

  /**
   * Takes part from now on; `wanted` is the offset of the next byte that the viewer lacks. Says for the first one what
   * the daemon was asked for beyond what the window has.
   */
  join(attachment: Attachment, wanted: number | undefined): "bytes" | "snapshot" | undefined {
    this.#attachments.add(attachment);
    if (this.#stopListening) return undefined;
    const { output, feed } = this.#session;
    this.#stopListening = output.listen(this);
    const known = wanted !== undefined && output.has(wanted);
    const near = known && output.end - wanted <= CATCH_UP_BYTES;
    const from = known ? null : (wanted ?? null);
    feed.watch(near ? output.end : from);
    if (near || !feed.isExact) return undefined;
    return from === null ? "snapshot" : "bytes";
  }

  leave(attachment: Attachment): void {
    if (!this.#attachments.delete(attachment)) return;
    if (this.#driver === attachment) this.drive(undefined);
    if (!this.isEmpty) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
    this.#pace[Symbol.dispose]();
    this.#session.feed.unwatch();
  }

  /** Somebody takes the keyboard, or nobody has it any more; everybody is told. */
  drive(attachment: Attachment | undefined): void {
    if (this.#driver === attachment) return;
    this.#driver = attachment;
    this.#session.feed.tellDriver(attachment?.viewerName ?? null);
    this.#pace.follow(attachment);
    for (const each of this.#attachments) each.tellDriver();
  }

  /** Runs take-overs one after the other. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  acknowledged(attachment: Attachment): void {
    if (attachment === this.#driver) this.#pace.acknowledged();
  }

  pieceOf(snapshot: SnapshotAt): SnapshotPiece {
    if (this.#snapshot?.snapshot !== snapshot) this.#snapshot = new SnapshotPiece(this.#session, snapshot);
    return this.#snapshot;
  }

  /** The session's daemon went away or came back, or the session ended: what was waited for may not come. */
  linkChanged(): void {
    if (this.#session.feed.isExact) return;
    for (const each of this.#attachments) each.waitNoMore();
  }

  onOutput(bytes: Uint8Array, offset: number): void {
    const piece = new OutputPiece(this.#session, bytes, offset);
    for (const each of this.#attachments) each.take(piece);
    this.#pace.update();
  }

  onSnapshot(snapshot: SnapshotAt): void {
    const piece = this.pieceOf(snapshot);
    for (const each of this.#attachments) each.offer(piece);
  }

  onResized(size: SizeAt): void {
    for (const each of this.#attachments) each.resized(size);
  }

  onInputRefused(): void {
    this.#driver?.tellInputRefused();
  }
}
