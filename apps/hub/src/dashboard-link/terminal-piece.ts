import { encodeSnapshot, encodeTerminalFrame, TERMINAL_KINDS } from "@orchestratia/protocol/terminal-frame";
import type { LiveSession } from "../sessions/live-sessions.ts";
import type { SnapshotAt } from "../sessions/output-window.ts";
import { binaryMessage } from "./websocket-frame.ts";

/** Something of a terminal in the forms in which viewers take it; each is made once, for whoever asks first. */
export interface TerminalPiece {
  /** A whole WebSocket message, in the pieces in which it is written. */
  readonly binary: readonly Uint8Array[];
  /** JSON. */
  readonly text: string;
}

const NOTHING = new Uint8Array(0);

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

export class OutputPiece implements TerminalPiece {
  readonly #session: LiveSession;
  readonly #bytes: Uint8Array;
  readonly offset: number;
  #binary: readonly Uint8Array[] | undefined;
  #text: string | undefined;

  constructor(session: LiveSession, bytes: Uint8Array, offset: number) {
    this.#session = session;
    this.#bytes = bytes;
    this.offset = offset;
  }

  get end(): number {
    return this.offset + this.#bytes.byteLength;
  }

  get binary(): readonly Uint8Array[] {
    const { number: session } = this.#session;
    const header = { kind: TERMINAL_KINDS.output, session, offset: this.offset, payload: NOTHING };
    this.#binary ??= binaryMessage(encodeTerminalFrame(header), this.#bytes);
    return this.#binary;
  }

  get text(): string {
    const { id: session_id } = this.#session;
    const { offset } = this;
    this.#text ??= JSON.stringify({ type: "session_output", session_id, data: base64(this.#bytes), offset });
    return this.#text;
  }
}

export class SnapshotPiece implements TerminalPiece {
  readonly #session: LiveSession;
  readonly snapshot: SnapshotAt;
  #binary: readonly Uint8Array[] | undefined;
  #text: string | undefined;

  constructor(session: LiveSession, snapshot: SnapshotAt) {
    this.#session = session;
    this.snapshot = snapshot;
  }

  get binary(): readonly Uint8Array[] {
    const { cols, rows, text, offset } = this.snapshot;
    const head = encodeSnapshot({ cols, rows, text: NOTHING });
    const header = { kind: TERMINAL_KINDS.snapshot, session: this.#session.number, offset, payload: head };
    this.#binary ??= binaryMessage(encodeTerminalFrame(header), text);
    return this.#binary;
  }

  get text(): string {
    const { cols, rows, text, offset } = this.snapshot;
    const { id: session_id } = this.#session;
    this.#text ??= JSON.stringify({ type: "snapshot", session_id, offset, cols, rows, screen: base64(text) });
    return this.#text;
  }
}
