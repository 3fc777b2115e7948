import { type DashboardFrame, VIEWER_ACK_BYTES, type ViewerFrame } from "@orchestratia/protocol/dashboard-link";
import {
  decodeSnapshot,
  encodeTerminalFrame,
  type Snapshot,
  TERMINAL_KINDS,
  type TerminalFrame,
} from "@orchestratia/protocol/terminal-frame";
import type { SessionId } from "@orchestratia/protocol/vocabulary";
import { TypedPieces } from "./typed-pieces.ts";

type FrameOf<T extends DashboardFrame["type"]> = Extract<DashboardFrame, { type: T }>;

export interface TerminalSize {
  cols: number;
  rows: number;
}

/** What a terminal on screen is told. */
export interface TerminalListener {
  onAttached(frame: FrameOf<"attached">): void;
  /** Every byte once, in order. */
  onOutput(bytes: Uint8Array, offset: number): void;
  /** The screen as it is at the offset: whatever is shown is replaced. */
  onSnapshot(snapshot: Snapshot & { offset: number }): void;
  /** The bytes that come next do not continue what is shown: it is to be emptied. */
  onStartOver(): void;
  /** The bytes that come next were printed at this size. */
  onResized(size: TerminalSize): void;
  /** Who types: null for nobody. */
  onDriver(user: string | null, you: boolean): void;
  onProblem?(detail: string): void;
}

/** A socket to the hub, as far as a terminal needs it. */
export interface TerminalWire {
  send(frame: ViewerFrame): void;
  sendBytes(bytes: Uint8Array): void;
  /** Bytes that wait to be sent. */
  readonly buffered: number;
  /** False while there is no link. */
  readonly ready: boolean;
}

/** How somebody looks at a terminal. */
interface TerminalLook {
  size: TerminalSize;
  mode: "watch" | "drive";
  /** Who looks, whatever the link: over another one the hub gives them back the keyboard that they had. */
  viewer: string;
  listener: TerminalListener;
}

/**
 * One terminal's way from the hub and to it: hands on every byte once and in order, acknowledges what its owner says it
 * has consumed, and after a gap asks for what is missing only.
 */
export class TerminalLine {
  readonly #session: SessionId;
  readonly #mode: "watch" | "drive";
  readonly #wire: TerminalWire;
  readonly #viewer: string;
  readonly #typed: TypedPieces;
  readonly listener: TerminalListener;
  #size: TerminalSize;
  /** The hub's number for the session; undefined until it has answered the attach. */
  #number: number | undefined;
  /** Where the next byte belongs; undefined before the first attach. */
  #offset: number | undefined;
  /** Something is shown that the next byte does not continue. */
  #stale = false;
  #drives = false;
  #acked = 0;

  constructor(session: string, wire: TerminalWire, { size, mode, viewer, listener }: TerminalLook) {
    this.#session = session as SessionId;
    this.#wire = wire;
    this.#size = size;
    this.#mode = mode;
    this.#viewer = viewer;
    this.listener = listener;
    this.#typed = new TypedPieces(wire, (bytes) => this.#sendTyped(bytes));
  }

  get number(): number | undefined {
    return this.#number;
  }

  attach(): void {
    this.#number = undefined;
    this.#typed.drop();
    const offset = this.#offset === undefined ? {} : { offset: this.#offset };
    const how = { ...offset, ...this.#size, mode: this.#mode, viewer: this.#viewer };
    this.#wire.send({ type: "attach", session_id: this.#session, ...how });
  }

  detach(): void {
    this.#typed.drop();
    this.#wire.send({ type: "detach", session_id: this.#session });
  }

  /** The room that the terminal has on screen; the driver's is the terminal's size. */
  resize(size: TerminalSize): void {
    this.#size = size;
    if (this.#drives) this.#wire.send({ type: "session_resize", session_id: this.#session, ...size });
  }

  takeOver(): void {
    this.#wire.send({ type: "take_over", session_id: this.#session, ...this.#size });
  }

  release(): void {
    this.#wire.send({ type: "release", session_id: this.#session });
  }

  /** False when there is no link to type into. */
  type(bytes: Uint8Array): boolean {
    if (!this.#wire.ready || this.#number === undefined) return false;
    this.#typed.push(bytes);
    return true;
  }

  /** Everything before `offset` is on screen. */
  consumed(offset: number): void {
    if (this.#number === undefined || Math.abs(offset - this.#acked) < VIEWER_ACK_BYTES) return;
    this.#acked = offset;
    this.#wire.send({ type: "ack", session_id: this.#session, offset });
  }

  attached(frame: FrameOf<"attached">): void {
    this.#stale = this.#offset !== undefined && this.#offset !== frame.offset;
    this.#number = frame.number;
    this.#offset = frame.offset;
    this.#acked = frame.offset;
    this.#drives = frame.you;
    this.listener.onAttached(frame);
    this.listener.onDriver(frame.driver, frame.you);
  }

  driver({ user, you }: FrameOf<"driver">): void {
    const took = you && !this.#drives;
    this.#drives = you;
    if (took) this.resize(this.#size);
    this.listener.onDriver(user, you);
  }

  resized({ cols, rows }: FrameOf<"resized">): void {
    this.listener.onResized({ cols, rows });
  }

  receive({ kind, offset, payload }: TerminalFrame): void {
    if (kind === TERMINAL_KINDS.output) this.#receiveOutput(payload, offset);
    const snapshot = kind === TERMINAL_KINDS.snapshot ? decodeSnapshot(payload) : undefined;
    if (!snapshot) return;
    this.#offset = offset;
    this.#stale = false;
    this.listener.onSnapshot({ ...snapshot, offset });
  }

  #receiveOutput(bytes: Uint8Array, offset: number): void {
    if (this.#offset === undefined) return;
    if (offset > this.#offset) {
      this.attach();
      return;
    }
    const missing = bytes.subarray(this.#offset - offset);
    if (missing.byteLength === 0) return;
    if (this.#stale) this.listener.onStartOver();
    this.#stale = false;
    const at = this.#offset;
    this.#offset += missing.byteLength;
    this.listener.onOutput(missing, at);
  }

  #sendTyped(bytes: Uint8Array): void {
    if (this.#number === undefined) return;
    const header = { kind: TERMINAL_KINDS.input, session: this.#number, offset: 0 };
    this.#wire.sendBytes(encodeTerminalFrame({ ...header, payload: bytes }));
  }
}
