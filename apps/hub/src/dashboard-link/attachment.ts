import type { DashboardFrame } from "@orchestratia/protocol/dashboard-link";
import { Problem } from "@orchestratia/protocol/problems";
import { CATCH_UP_BYTES } from "@orchestratia/protocol/server-link";
import type { LiveSession } from "../sessions/live-sessions.ts";
import type { SizeAt } from "../sessions/output-window.ts";
import type { Audience } from "./audience.ts";
import type { PaceSetter } from "./pace.ts";
import { OutputPiece, type SnapshotPiece, type TerminalPiece } from "./terminal-piece.ts";

const PIECE_BYTES = 64 * 1024;
/** A snapshot with more behind it is not used while a newer one can be had. */
const SNAPSHOT_REACH_BYTES = 64 * 1024;

const INPUT_REFUSED =
  "The terminal cannot be reached at the moment, and much waits to be typed into it already: this was not typed.";

export interface Size {
  cols: number;
  rows: number;
}

/** The viewer's end of the line. */
export interface OutputSink {
  readonly name: string;
  /** Higher than those of all that were opened before. */
  readonly number: number;
  /** True while so much waits to be sent that nothing should be added. */
  readonly congested: boolean;
  send(frame: DashboardFrame): void;
  write(piece: TerminalPiece): void;
}

/**
 * One viewer's look at one session. A viewer that keeps up is handed each piece as it comes; one that does not takes
 * what it missed from the session's window when its line is free again, or a snapshot when that would be too much. So a
 * stalled viewer holds nobody up and costs no more than its line's buffer.
 */
export class Attachment implements PaceSetter {
  readonly session: LiveSession;
  readonly audience: Audience;
  readonly mayType: boolean;
  /** The same over each of a viewer's connections, where the viewer says so. */
  readonly viewer: string | undefined;
  /** What its window has room for: the terminal's size while it drives. */
  room: Size;
  readonly #sink: OutputSink;
  readonly #wanted: number | undefined;
  readonly #onHandedOver: () => void;
  /** Offset of the next byte to send. */
  #offset: number;
  /** The size that it was told last. */
  #size: Size;
  /** What the daemon was asked for; nothing is sent before. */
  #waitsFor: "bytes" | "snapshot" | undefined;
  #acked: number | undefined;

  constructor(
    session: LiveSession,
    audience: Audience,
    sink: OutputSink,
    wanted: { offset?: number; mayType: boolean; room: Size; viewer?: string; onHandedOver: () => void },
  ) {
    this.session = session;
    this.audience = audience;
    this.mayType = wanted.mayType;
    this.viewer = wanted.viewer;
    this.room = wanted.room;
    this.#onHandedOver = wanted.onHandedOver;
    this.#sink = sink;
    this.#wanted = wanted.offset;
    this.#offset = session.output.end;
    this.#size = session;
  }

  get viewerName(): string {
    return this.#sink.name;
  }

  get acked(): number | undefined {
    return this.#acked;
  }

  /** Says where the output begins, sends what there is, and stays for the rest. */
  begin(): void {
    this.#waitsFor = this.audience.join(this, this.#wanted);
    this.#offset = this.#start();
    this.#tellAttached();
    this.catchUp();
  }

  end(): void {
    this.audience.leave(this);
  }

  get drives(): boolean {
    return this.audience.driver === this;
  }

  drive(): void {
    this.audience.drive(this);
  }

  isOlderThan(connection: Pick<OutputSink, "number">): boolean {
    return this.#sink.number < connection.number;
  }

  /** Its viewer goes on over another connection. */
  handOver(): void {
    this.#onHandedOver();
  }

  release(): void {
    if (this.drives) this.audience.drive(undefined);
  }

  tellInputRefused(): void {
    const problem = new Problem("input_refused", INPUT_REFUSED).toDocument();
    this.#sink.send({ type: "problem", problem, session_id: this.session.id });
  }

  take(piece: OutputPiece): void {
    if (this.#waitsFor === "bytes" && this.session.output.has(this.#offset)) this.#waitsFor = undefined;
    if (this.#waitsFor || this.#sink.congested) return;
    if (this.#offset === piece.offset) this.#sendOutput(piece);
    else this.catchUp();
  }

  /** A new snapshot: for whoever waits for one, or can no longer go on without. */
  offer(piece: SnapshotPiece): void {
    if (!this.#waitsFor && this.session.output.has(this.#offset)) {
      this.resized(piece.snapshot);
      return;
    }
    this.#waitsFor = "snapshot";
    if (this.#sink.congested) return;
    this.#sendSnapshot(piece);
    this.catchUp();
  }

  resized(size: SizeAt): void {
    if (size.offset === this.#offset && this.#waitsFor !== "snapshot" && !this.#sink.congested) this.#tellSize(size);
  }

  /** Everything before `offset` was consumed, as the viewer says. */
  acknowledge(offset: number): void {
    this.#acked = Math.min(offset, this.#offset);
    this.audience.acknowledged(this);
  }

  /** What it waits for cannot come now: it goes on with what there is. */
  waitNoMore(): void {
    if (this.#waitsFor === "bytes") this.#waitsFor = "snapshot";
    this.catchUp();
  }

  /** Sends until the line is full or nothing is missing. */
  catchUp(): void {
    const { output, feed } = this.session;
    if (this.#waitsFor === "bytes") return;
    if (feed.isExact && output.end - this.#offset > CATCH_UP_BYTES) this.#waitsFor = "snapshot";
    while (!this.#sink.congested && this.#sendNext());
  }

  tellDriver(): void {
    this.#sink.send({ type: "driver", session_id: this.session.id, user: this.#driverName, you: this.drives });
  }

  #start(): number {
    const { output, feed } = this.session;
    const wanted = this.#wanted;
    if (this.#waitsFor) return wanted ?? output.end;
    if (wanted !== undefined && output.has(wanted) && !(feed.isExact && output.end - wanted > CATCH_UP_BYTES)) {
      return wanted;
    }
    if (!feed.isExact && !output.snapshot) return output.start;
    this.#waitsFor = "snapshot";
    return output.end;
  }

  /** False when there is nothing to send now. */
  #sendNext(): boolean {
    const { output } = this.session;
    if (this.#waitsFor || !output.has(this.#offset)) return this.#startAnew();
    const sizes = output.sizesSince(this.#offset - 1);
    const next = sizes.find(({ offset }) => offset > this.#offset);
    if (sizes[0]?.offset === this.#offset) this.#tellSize(sizes[0]);
    if (this.#offset === output.end) return false;
    const most = Math.min(PIECE_BYTES, (next?.offset ?? output.end) - this.#offset);
    const { bytes } = output.since(this.#offset, most);
    this.#sendOutput(new OutputPiece(this.session, bytes, this.#offset));
    return true;
  }

  /** With the newest snapshot, or one that is asked for; where neither can be, with the oldest byte that there is. */
  #startAnew(): boolean {
    const { output, feed } = this.session;
    const { snapshot } = output;
    if (snapshot && output.end - snapshot.offset <= SNAPSHOT_REACH_BYTES) {
      this.#sendSnapshot(this.audience.pieceOf(snapshot));
    } else if (feed.askSnapshot()) {
      this.#waitsFor = "snapshot";
      return false;
    } else if (snapshot) {
      this.#sendSnapshot(this.audience.pieceOf(snapshot));
    } else {
      this.#waitsFor = undefined;
      this.#offset = output.start;
      this.#tellAttached();
    }
    return true;
  }

  #sendOutput(piece: OutputPiece): void {
    this.#sink.write(piece);
    this.#offset = piece.end;
  }

  #sendSnapshot(piece: SnapshotPiece): void {
    this.#sink.write(piece);
    this.#waitsFor = undefined;
    this.#offset = piece.snapshot.offset;
    this.#size = piece.snapshot;
  }

  #tellSize({ offset, cols, rows }: SizeAt): void {
    if (cols === this.#size.cols && rows === this.#size.rows) return;
    this.#size = { cols, rows };
    this.#sink.send({ type: "resized", session_id: this.session.id, offset, cols, rows });
  }

  #tellAttached(): void {
    const { id: session_id, number, output } = this.session;
    const { cols, rows } = output.sizeAt(this.#offset) ?? this.session;
    this.#size = { cols, rows };
    this.#sink.send({
      type: "attached",
      session_id,
      number,
      offset: this.#offset,
      cols,
      rows,
      driver: this.#driverName,
      you: this.drives,
    });
  }

  get #driverName(): string | null {
    return this.audience.driver?.viewerName ?? null;
  }
}
