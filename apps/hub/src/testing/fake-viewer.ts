import { once } from "node:events";
import { DashboardFrame, type ViewerFrame } from "@orchestratia/protocol/dashboard-link";
import {
  decodeSnapshot,
  decodeTerminalFrame,
  encodeTerminalFrame,
  type Snapshot,
  TERMINAL_KINDS,
} from "@orchestratia/protocol/terminal-frame";
import { WebSocket } from "ws";
import type { z } from "zod";
import { FrameQueue } from "./frame-queue.ts";
import { until } from "./until.ts";

/** What a terminal on screen would be told, in its order. */
export type TerminalEvent =
  | { kind: "output"; bytes: Uint8Array }
  | { kind: "snapshot"; snapshot: Snapshot; offset: number }
  | { kind: "resized"; cols: number; rows: number; offset: number };

type FrameOf<T extends DashboardFrame["type"]> = Extract<DashboardFrame, { type: T }>;

/** Somebody at `/ws/dashboard` who keeps every frame, and the output of the one session that it is attached to. */
export class FakeViewer implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #frames = new FrameQueue<DashboardFrame>();
  readonly #pieces: Uint8Array[] = [];
  readonly terminal: TerminalEvent[] = [];
  #printed = 0;
  /** Offset of the next byte; undefined before the first `attached`. */
  offset: number | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer, isBinary: boolean) => (isBinary ? this.#takeBytes(data) : this.#take(data)));
    socket.on("close", (code, reason) => this.#frames.end({ code, reason: reason.toString() }));
    socket.on("error", () => socket.terminate());
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<FakeViewer> {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws/dashboard`, { headers });
    const viewer = new FakeViewer(socket);
    await once(socket, "open");
    return viewer;
  }

  /** Opens and signs in with the first message. */
  static async signedIn(url: string, token: string): Promise<FakeViewer> {
    const viewer = await FakeViewer.open(url);
    viewer.send({ type: "auth", token });
    await viewer.next("auth_ok");
    return viewer;
  }

  get frames(): readonly DashboardFrame[] {
    return this.#frames.all;
  }

  get closed(): Promise<{ code: number; reason: string }> {
    return this.#frames.ended;
  }

  /** What was printed from the first `attached` on; each byte was checked to stand behind the one before. */
  get output(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  async next<T extends DashboardFrame["type"]>(
    type: T,
    matches: (frame: FrameOf<T>) => boolean = () => true,
  ): Promise<FrameOf<T>> {
    const frame = await this.#frames.next((frame) => frame.type === type && matches(frame as FrameOf<T>), type);
    return frame as FrameOf<T>;
  }

  async attach(
    session_id: string,
    how: { mode?: "watch" | "drive"; offset?: number; cols?: number; rows?: number; viewer?: string } = {},
  ) {
    this.send({ type: "attach", session_id, cols: 80, rows: 24, ...how });
    return this.next("attached");
  }

  async printed(bytes: number): Promise<Buffer> {
    await until(() => this.#printed >= bytes);
    return this.output;
  }

  send(frame: z.input<typeof ViewerFrame>): void {
    this.sendRaw(JSON.stringify(frame));
  }

  sendRaw(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  type(session: number, text: string): void {
    const payload = Buffer.from(text);
    this.sendRaw(encodeTerminalFrame({ kind: TERMINAL_KINDS.input, session, offset: 0, payload }));
  }

  /** Stops and goes on reading, as a stalled browser does. */
  stall(): void {
    this.#socket.pause();
  }

  goOn(): void {
    this.#socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.terminate();
    await this.#frames.ended;
  }

  #take(data: Buffer): void {
    const frame = DashboardFrame.parse(JSON.parse(data.toString()));
    if (frame.type === "attached") this.offset = frame.offset;
    if (frame.type === "resized") {
      const { cols, rows, offset } = frame;
      this.terminal.push({ kind: "resized", cols, rows, offset });
    }
    this.#frames.add(frame);
  }

  #takeBytes(data: Buffer): void {
    const frame = decodeTerminalFrame(data);
    const snapshot = frame?.kind === TERMINAL_KINDS.snapshot ? decodeSnapshot(frame.payload) : undefined;
    if (frame && snapshot) {
      this.offset = frame.offset;
      this.terminal.push({ kind: "snapshot", snapshot, offset: frame.offset });
      return;
    }
    if (!frame || frame.kind !== TERMINAL_KINDS.output) throw new Error("no output frame");
    if (frame.offset !== this.offset) throw new Error(`byte ${frame.offset} came where ${this.offset} belongs`);
    this.offset += frame.payload.byteLength;
    this.#pieces.push(frame.payload);
    this.terminal.push({ kind: "output", bytes: frame.payload });
    this.#printed += frame.payload.byteLength;
  }
}
