import { once } from "node:events";
import type { AgentStatus } from "@orchestratia/domain/vocabulary";
import { type DaemonFrame, HubFrame, OUTPUT_IN_FLIGHT_BYTES } from "@orchestratia/protocol/server-link";
import {
  decodeTerminalFrame,
  encodeSnapshot,
  encodeTerminalFrame,
  TERMINAL_KINDS,
  type TerminalFrame,
} from "@orchestratia/protocol/terminal-frame";
import { WebSocket } from "ws";
import type { z } from "zod";
import { FrameQueue } from "./frame-queue.ts";

type FrameOf<T extends HubFrame["type"]> = Extract<HubFrame, { type: T }>;

const FRAME_BYTES = 64 * 1024;
const SCREEN_BYTES = 2_000;

export interface ExactDaemonOptions {
  url: string;
  apiKey: string;
  /** Sent behind session_started. */
  agentStatus?: AgentStatus;
  /** Says of each message at once that it was typed; true unless said otherwise. */
  types?: boolean;
}

interface Terminal {
  number: number;
  pid: number;
  /** Everything it ever printed. */
  printed: Buffer;
  typed: Buffer[];
  exit: { exit_code: number | null; offset: number } | null;
  /** Undefined while nobody watches. */
  sent: number | undefined;
  acked: number;
  /** A snapshot is to follow the bytes that are still to be sent. */
  owesSnapshot?: boolean;
}

/**
 * A version 2 daemon without real terminals: it keeps to the protocol (inventory, offsets, windows, acknowledgements) over
 * the real socket, and prints what it is told to. A snapshot of its screens is the last 2,000 bytes printed.
 */
export class ExactDaemon implements AsyncDisposable {
  readonly terminals = new Map<string, Terminal>();
  /** Ids of the messages that were typed, in order. */
  readonly typedMessages: string[] = [];
  /** Bytes of files, as they came. */
  readonly fileFrames: TerminalFrame[] = [];
  readonly #options: ExactDaemonOptions;
  #socket: WebSocket | undefined;
  #frames = new FrameQueue<HubFrame>();

  constructor(options: ExactDaemonOptions) {
    this.#options = options;
  }

  /** Signs in and reports what it has; resolves when the hub has answered. */
  async connect(): Promise<FrameOf<"inventory">> {
    const socket = new WebSocket(`${this.#options.url.replace(/^http/, "ws")}/ws/server`);
    this.#socket = socket;
    const frames = new FrameQueue<HubFrame>();
    this.#frames = frames;
    for (const terminal of this.terminals.values()) terminal.sent = undefined;
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (this.#socket !== socket) return;
      if (isBinary) return this.#receiveBytes(data);
      const frame = HubFrame.parse(JSON.parse(data.toString()));
      this.#answer(frame);
      frames.add(frame);
    });
    socket.on("close", (code, reason) => frames.end({ code, reason: reason.toString() }));
    socket.on("error", () => socket.terminate());
    await once(socket, "open");
    this.send({ type: "auth", api_key: this.#options.apiKey, protocol: 2 });
    await this.next("auth_ok");
    this.send({ type: "inventory", sessions: [...this.terminals].map(([id, terminal]) => this.#item(id, terminal)) });
    for (const [id, { exit }] of this.terminals) if (exit) this.#tellEnd(id);
    return await this.next("inventory");
  }

  get frames(): readonly HubFrame[] {
    return this.#frames.all;
  }

  /** The first frame of the type that was not handed out yet, now or when it comes. */
  async next<T extends HubFrame["type"]>(type: T): Promise<FrameOf<T>> {
    return (await this.#frames.next((frame) => frame.type === type, type)) as FrameOf<T>;
  }

  send(frame: z.input<typeof DaemonFrame>): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  sendBytes(kind: number, sessionId: string, offset: number, payload: Uint8Array): void {
    const session = this.terminal(sessionId).number;
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(encodeTerminalFrame({ kind, session, offset, payload }));
    }
  }

  /** Bytes of a file, in the run of its transfer with this number. */
  sendFileBytes(number: number, offset: number, payload: Uint8Array): void {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(encodeTerminalFrame({ kind: TERMINAL_KINDS.file, session: number, offset, payload }));
    }
  }

  terminal(sessionId: string): Terminal {
    const terminal = this.terminals.get(sessionId);
    if (!terminal) throw new Error(`the daemon has no session ${sessionId}`);
    return terminal;
  }

  print(sessionId: string, data: string | Uint8Array): void {
    const terminal = this.terminal(sessionId);
    terminal.printed = Buffer.concat([terminal.printed, Buffer.from(data)]);
    this.#flow(sessionId, terminal);
  }

  resize(sessionId: string, cols: number, rows: number): void {
    this.send({
      type: "session_resized",
      session_id: sessionId,
      offset: this.terminal(sessionId).printed.length,
      cols,
      rows,
    });
  }

  status(sessionId: string, agent_status: AgentStatus): void {
    this.send({ type: "session_status", session_id: sessionId, agent_status });
  }

  /** The program ends; the hub hears of it until it acknowledges. */
  exit(sessionId: string, exit_code: number | null = 0): void {
    const terminal = this.terminal(sessionId);
    terminal.exit = { exit_code, offset: terminal.printed.length };
    this.#tellEnd(sessionId);
  }

  /** The daemon forgets a session, as when its machine was switched off. */
  forget(sessionId: string): void {
    this.terminals.delete(sessionId);
  }

  stall(): void {
    this.#socket?.pause();
  }

  goOn(): void {
    this.#socket?.resume();
  }

  /** The connection breaks. */
  async cut(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.terminate();
    await this.#frames.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket) await this.cut();
  }

  #item(session_id: string, { pid, printed, exit }: Terminal) {
    const agent_status = exit ? ("exited" as const) : (this.#options.agentStatus ?? "unknown");
    const size = { cols: 80, rows: 24, start: 0, end: printed.length };
    return { session_id, pid, working_dir: "/home/fake", ...size, agent_status, exit };
  }

  #tellEnd(session_id: string): void {
    const { exit } = this.terminal(session_id);
    if (exit) this.send({ type: "session_closed", session_id, ...exit });
  }

  #receiveBytes(data: Buffer): void {
    const frame = decodeTerminalFrame(data);
    if (frame?.kind === TERMINAL_KINDS.file) this.fileFrames.push(frame);
    const terminal = [...this.terminals.values()].find(({ number }) => number === frame?.session);
    if (frame?.kind === TERMINAL_KINDS.input) terminal?.typed.push(Buffer.from(frame.payload));
  }

  #answer(frame: HubFrame): void {
    if ("delivery_id" in frame && frame.delivery_id !== undefined) this.#type(frame.session_id, frame.delivery_id);
    if (frame.type === "session_start") this.#start(frame);
    if (!("session_id" in frame)) return;
    const terminal = this.terminals.get(frame.session_id);
    if (!terminal) return;
    if (frame.type === "session_close" && !terminal.exit) this.exit(frame.session_id, -1);
    if (frame.type === "session_closed_ack") this.terminals.delete(frame.session_id);
    if (frame.type === "session_watch") this.#watch(frame, terminal);
    if (frame.type === "session_unwatch") terminal.sent = undefined;
    if (frame.type === "session_snapshot") {
      terminal.owesSnapshot = true;
      this.#flow(frame.session_id, terminal);
    }
    if (frame.type === "ack") {
      terminal.acked = frame.offset;
      this.#flow(frame.session_id, terminal);
    }
  }

  #start({ session_id, number = 0 }: FrameOf<"session_start">): void {
    const pid = 1000 + number;
    const fresh = { number, pid, printed: Buffer.alloc(0), typed: [], exit: null, sent: undefined, acked: 0 };
    this.terminals.set(session_id, fresh);
    this.send({ type: "session_started", session_id, pid, working_dir: "/home/fake" });
    if (this.#options.agentStatus) this.status(session_id, this.#options.agentStatus);
  }

  #type(session_id: string, delivery_id: string): void {
    if (this.#options.types === false) {
      this.send({ type: "delivery", delivery_id, session_id, state: "deferred" });
      return;
    }
    if (!this.typedMessages.includes(delivery_id)) this.typedMessages.push(delivery_id);
    this.send({ type: "delivery", delivery_id, session_id, state: "delivered" });
  }

  #watch({ session_id, from }: FrameOf<"session_watch">, terminal: Terminal): void {
    if (from === null || from > terminal.printed.length) this.#snapshot(session_id, terminal);
    terminal.sent = from === null || from > terminal.printed.length ? terminal.printed.length : from;
    terminal.acked = terminal.sent;
    this.#flow(session_id, terminal);
  }

  #snapshot(sessionId: string, { printed }: Terminal): void {
    const text = printed.subarray(-SCREEN_BYTES);
    this.sendBytes(TERMINAL_KINDS.snapshot, sessionId, printed.length, encodeSnapshot({ cols: 80, rows: 24, text }));
  }

  #flow(sessionId: string, terminal: Terminal): void {
    while (terminal.sent !== undefined && terminal.sent < terminal.printed.length) {
      const room = terminal.acked + OUTPUT_IN_FLIGHT_BYTES - terminal.sent;
      if (room <= 0) return;
      const piece = terminal.printed.subarray(terminal.sent, terminal.sent + Math.min(room, FRAME_BYTES));
      this.sendBytes(TERMINAL_KINDS.output, sessionId, terminal.sent, piece);
      terminal.sent += piece.length;
    }
    if (!terminal.owesSnapshot) return;
    terminal.owesSnapshot = false;
    this.#snapshot(sessionId, terminal);
  }
}
