import { once } from "node:events";
import { type DashboardFrame, VIEWER_ACK_BYTES, type ViewerFrame } from "@orchestratia/protocol/dashboard-link";
import {
  decodeSnapshot,
  decodeTerminalFrame,
  encodeTerminalFrame,
  TERMINAL_KINDS,
} from "@orchestratia/protocol/terminal-frame";
import { SessionId } from "@orchestratia/protocol/vocabulary";
import { WebSocket } from "ws";
import type { BenchTerminal } from "./terminal.ts";

export interface AttachOptions {
  port: number;
  token: string;
  session: string;
  /** Of the first byte that is wanted. */
  offset?: number;
  mode?: "watch" | "drive";
  /** Set before the first byte can come. */
  on?: Partial<Pick<Viewer, "onBytes" | "onSnapshot">>;
}

type Attached = Extract<DashboardFrame, { type: "attached" }>;

/** A viewer that takes binary frames and acknowledges them, and nothing else: what it costs is not ours. */
export class Viewer implements BenchTerminal {
  readonly #socket: WebSocket;
  readonly #session: SessionId;
  #number = 0;
  #acked = 0;
  /** Behind the last byte that came. */
  end = 0;
  /** Of all the frames that came, with their headers. */
  received = 0;
  early = "";
  onBytes: (bytes: Buffer, offset: number) => void = (bytes) => {
    this.early += bytes.toString("latin1");
  };
  /** A snapshot's text is given to onBytes too when this is not set. */
  onSnapshot: ((text: Buffer, offset: number) => void) | undefined;

  get session(): string {
    return this.#session;
  }

  private constructor(socket: WebSocket, session: string) {
    this.#socket = socket;
    this.#session = SessionId.parse(session);
  }

  static async attach(options: AttachOptions): Promise<Viewer> {
    const { port, token, session, offset, mode = "drive", on = {} } = options;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/dashboard`, { perMessageDeflate: false });
    const viewer = Object.assign(new Viewer(socket, session), on);
    const attached = new Promise<void>((resolve, reject) => {
      socket.on("message", (data: Buffer, isBinary: boolean) => {
        viewer.received += data.length;
        if (isBinary) return viewer.#take(data);
        const frame = JSON.parse(data.toString()) as DashboardFrame;
        if (frame.type === "attached") resolve(viewer.#attached(frame));
        if (frame.type === "problem") reject(new Error(JSON.stringify(frame.problem)));
      });
    });
    await once(socket, "open");
    viewer.#send({ type: "auth", token, encoding: "binary" });
    const size = { cols: 120, rows: 40 };
    viewer.#send({
      type: "attach",
      session_id: viewer.#session,
      mode,
      ...size,
      ...(offset !== undefined && { offset }),
    });
    await attached;
    return viewer;
  }

  #attached(frame: Attached): void {
    this.#number = frame.number;
    this.end = frame.offset;
    this.#acked = frame.offset;
  }

  #take(data: Buffer): void {
    const frame = decodeTerminalFrame(data);
    if (!frame) throw new Error("a frame without a header");
    const { kind, offset } = frame;
    if (kind === TERMINAL_KINDS.snapshot) {
      this.end = offset;
      this.#acked = offset;
      const text = Buffer.from(decodeSnapshot(frame.payload)?.text ?? []);
      if (this.onSnapshot) this.onSnapshot(text, offset);
      else this.onBytes(text, offset);
      return;
    }
    const { buffer, byteOffset, byteLength } = frame.payload;
    this.end = offset + byteLength;
    this.onBytes(Buffer.from(buffer, byteOffset, byteLength), offset);
    if (this.end - this.#acked < VIEWER_ACK_BYTES) return;
    this.#acked = this.end;
    this.#send({ type: "ack", session_id: this.#session, offset: this.end });
  }

  #send(frame: ViewerFrame): void {
    this.#socket.send(JSON.stringify(frame));
  }

  type(payload: Buffer): void {
    this.#socket.send(encodeTerminalFrame({ kind: TERMINAL_KINDS.input, session: this.#number, offset: 0, payload }));
  }

  /** Reads no more, as one whose machine sleeps. */
  stall(): void {
    this.#socket.pause();
  }

  /** Resolves when the connection ended, however it did. */
  async ended(): Promise<void> {
    if (this.#socket.readyState !== WebSocket.CLOSED) await once(this.#socket, "close");
  }

  async leave(): Promise<void> {
    // What is held up would hold up the end as well.
    this.#socket.resume();
    this.#socket.terminate();
    await this.ended();
  }

  close(): Promise<void> {
    return this.leave();
  }
}
