import { encodeTerminalFrame, TERMINAL_KINDS } from "@orchestratia/protocol/terminal-frame";
import type { LiveSession } from "../sessions/live-sessions.ts";
import type { Attachment } from "./attachment.ts";
import { binaryMessage } from "./websocket-frame.ts";

/** A piece of output in the forms in which viewers take it; each is made once, for whoever asks first. */
export class OutputPiece {
  readonly #session: LiveSession;
  readonly #bytes: Uint8Array;
  readonly offset: number;
  #binary: Buffer | undefined;
  #text: string | undefined;

  constructor(session: LiveSession, bytes: Uint8Array, offset: number) {
    this.#session = session;
    this.#bytes = bytes;
    this.offset = offset;
  }

  get end(): number {
    return this.offset + this.#bytes.byteLength;
  }

  /** A whole WebSocket message. */
  get binary(): Buffer {
    const { number: session } = this.#session;
    const header = { kind: TERMINAL_KINDS.output, session, offset: this.offset, payload: NOTHING };
    this.#binary ??= binaryMessage([encodeTerminalFrame(header), this.#bytes]);
    return this.#binary;
  }

  get text(): string {
    const { id: session_id } = this.#session;
    this.#text ??= JSON.stringify({
      type: "session_output",
      session_id,
      data: Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength).toString("base64"),
      offset: this.offset,
    });
    return this.#text;
  }
}

const NOTHING = new Uint8Array(0);

/** Everybody who looks at one session. It listens to the session's output while somebody does. */
export class Audience {
  readonly #session: LiveSession;
  readonly #attachments = new Set<Attachment>();
  #stopListening: (() => void) | undefined;
  #driver: Attachment | undefined;

  constructor(session: LiveSession) {
    this.#session = session;
  }

  get isEmpty(): boolean {
    return this.#attachments.size === 0;
  }

  /** The name of whoever typed or sized the terminal last. */
  get driver(): string | null {
    return this.#driver?.viewerName ?? null;
  }

  join(attachment: Attachment): void {
    this.#attachments.add(attachment);
    this.#stopListening ??= this.#session.output.listen((bytes, offset) => {
      const piece = new OutputPiece(this.#session, bytes, offset);
      for (const each of this.#attachments) each.take(piece);
    });
  }

  leave(attachment: Attachment): void {
    this.#attachments.delete(attachment);
    if (this.#driver === attachment) this.drive(undefined);
    if (!this.isEmpty) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  /** The latest to type or to size the terminal drives it; the others are told. */
  drive(attachment: Attachment | undefined): void {
    if (this.#driver === attachment) return;
    this.#driver = attachment;
    for (const each of this.#attachments) if (each !== attachment) each.tellDriver(this.driver);
  }
}
