import type { DashboardFrame } from "@orchestratia/protocol/dashboard-link";
import type { LiveSession } from "../sessions/live-sessions.ts";
import { type Audience, OutputPiece } from "./audience.ts";

const PIECE_BYTES = 64 * 1024;

/** The viewer's end of the line. */
export interface OutputSink {
  readonly name: string;
  readonly encoding: "binary" | "base64";
  /** True while so much waits to be sent that nothing should be added. */
  readonly congested: boolean;
  send(frame: DashboardFrame): void;
  sendText(text: string): void;
  /** Writes a finished WebSocket message. */
  write(message: Buffer): void;
}

/**
 * One viewer's look at one session. A viewer that keeps up is handed each piece as it comes; one that does not takes
 * what it missed from the session's window when its line is free again, and is told the new offset when the window
 * has moved on meanwhile. So a stalled viewer holds nobody up and costs no more than its line's buffer.
 */
export class Attachment {
  readonly session: LiveSession;
  readonly mayType: boolean;
  readonly #sink: OutputSink;
  readonly #audience: Audience;
  /** Offset of the next byte to send. */
  #offset: number;

  constructor(
    session: LiveSession,
    audience: Audience,
    sink: OutputSink,
    wanted: { offset?: number; mayType: boolean },
  ) {
    this.session = session;
    this.mayType = wanted.mayType;
    this.#audience = audience;
    this.#sink = sink;
    const { output } = session;
    this.#offset = wanted.offset !== undefined && output.has(wanted.offset) ? wanted.offset : output.start;
  }

  get viewerName(): string {
    return this.#sink.name;
  }

  /** Says where the output begins, sends what there is, and stays for the rest. */
  begin(): void {
    this.#audience.join(this);
    this.#tellAttached();
    this.catchUp();
  }

  end(): void {
    this.#audience.leave(this);
  }

  drive(): void {
    this.#audience.drive(this);
  }

  take(piece: OutputPiece): void {
    if (this.#offset === piece.offset && !this.#sink.congested) this.#send(piece);
  }

  /** Sends from the window until the line is full or nothing is missing. */
  catchUp(): void {
    const { output } = this.session;
    while (this.#offset !== output.end && !this.#sink.congested) {
      if (!output.has(this.#offset)) {
        this.#offset = output.start;
        this.#tellAttached();
      }
      const { bytes } = output.since(this.#offset, PIECE_BYTES);
      this.#send(new OutputPiece(this.session, bytes, this.#offset));
    }
  }

  tellDriver(user: string | null): void {
    this.#sink.send({ type: "driver", session_id: this.session.id, user });
  }

  #send(piece: OutputPiece): void {
    if (this.#sink.encoding === "binary") this.#sink.write(piece.binary);
    else this.#sink.sendText(piece.text);
    this.#offset = piece.end;
  }

  #tellAttached(): void {
    const { id: session_id, number, cols, rows } = this.session;
    const { driver } = this.#audience;
    this.#sink.send({ type: "attached", session_id, number, offset: this.#offset, cols, rows, driver });
  }
}
