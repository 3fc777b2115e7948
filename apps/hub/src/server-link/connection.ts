import type { ProblemCode } from "@orchestratia/protocol/problems";
import {
  CLOSE_CODES,
  DAEMON_FRAMES_PER_SECOND,
  type DaemonFrame,
  type HubFrame,
} from "@orchestratia/protocol/server-link";
import { encodeTerminalFrame, type TerminalFrame } from "@orchestratia/protocol/terminal-frame";
import type { FastifyBaseLogger, FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import type { Caller } from "../access/caller.ts";
import { secretHash } from "../access/secret-hash.ts";
import type { Visit } from "../access/visit.ts";
import { limitInbound } from "../sockets/inbound-limit.ts";
import { limitInboundRate } from "../sockets/inbound-rate.ts";
import type { DaemonLink } from "./connections.ts";
import type { Framing } from "./framing.ts";
import { version1 } from "./version-1.ts";
import { version2 } from "./version-2.ts";

export type ServerCaller = Extract<Caller, { kind: "server" }>;

/** Who a connection tells what happens on it. */
export interface ServerDoor {
  /** Whose key it is. */
  signIn(apiKey: string): Promise<ServerCaller | undefined>;
  opened(connection: ServerConnection): void;
  received(connection: ServerConnection, frame: DaemonFrame): void;
  receivedBytes(connection: ServerConnection, frame: TerminalFrame): void;
  closed(connection: ServerConnection): void;
}

const INTERNAL_ERROR = 1011;
const AUTH_MS = 10_000;
/** Nobody needs more to say who they are. */
const FIRST_FRAME_MAX_BYTES = 16 * 1024;
/** A daemon that lets this much wait does not read; its link is cut. */
const OUTBOUND_MAX_BYTES = 8 * 1024 * 1024;

/**
 * One daemon's socket: `silent` until its first frame, `asking` while the key is looked up, `open`, `ended`. It only
 * moves forward; whatever arrives after the end is not read.
 */
export class ServerConnection implements DaemonLink {
  readonly #socket: WebSocket;
  readonly #door: ServerDoor;
  readonly #log: FastifyBaseLogger;
  readonly #visit: Visit | null;
  readonly #authTimer: NodeJS.Timeout;
  readonly #liftLimit: () => void;
  readonly #liftRate: () => void;
  readonly #marks = new Map<string, () => void>();
  #state: "silent" | "asking" | "open" | "ended" = "silent";
  #framing: Framing = version1;
  #server: ServerCaller | undefined;
  #keyHash = "";
  /** What came behind the first frame in the same read. */
  #early: [Buffer, boolean][] = [];
  #lastMark = 0;
  #answered = true;
  #heardAt = performance.now();
  #badFrames = 0;
  #holds = 0;

  constructor(socket: WebSocket, { raw, log, visit }: FastifyRequest, door: ServerDoor, authMs = AUTH_MS) {
    this.#socket = socket;
    this.#door = door;
    this.#log = log;
    this.#visit = visit;
    this.#authTimer = setTimeout(() => this.#refuse(CLOSE_CODES.authTimeout, "nobody signed in"), authMs);
    this.#liftLimit = limitInbound(socket, raw.socket, FIRST_FRAME_MAX_BYTES, () =>
      this.#refuse(CLOSE_CODES.tooBig, "the first frame is too large"),
    );
    this.#liftRate = limitInboundRate(socket, DAEMON_FRAMES_PER_SECOND);
    socket.on("message", (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary));
    socket.on("pong", (mark: Buffer) => this.#pong(mark.toString()));
    socket.on("close", () => this.#end());
  }

  /** The server that signed in. */
  get server(): ServerCaller {
    if (!this.#server) throw new Error("nobody has signed in on this connection");
    return this.#server;
  }

  get serverId(): string {
    return this.server.id;
  }

  get keyHash(): string {
    return this.#keyHash;
  }

  get heardAt(): number {
    return this.#heardAt;
  }

  get version(): 1 | 2 {
    return this.#framing.version;
  }

  send(frame: HubFrame): boolean {
    return this.#write(frame);
  }

  sendBytes(frame: TerminalFrame): boolean {
    return this.#writeMessage(encodeTerminalFrame(frame));
  }

  sendBytesFlushed(frame: TerminalFrame): Promise<boolean> {
    return new Promise((resolve) => {
      const sent = this.#writeMessage(encodeTerminalFrame(frame), (error) => resolve(!error));
      if (!sent) resolve(false);
    });
  }

  sendFlushed(frame: HubFrame): Promise<boolean> {
    return new Promise((resolve) => {
      const sent = this.#write(frame, (error) => resolve(!error));
      if (!sent) resolve(false);
    });
  }

  holdUntil(then: Promise<unknown>): void {
    this.#holds += 1;
    this.#socket.pause();
    const goOn = () => {
      this.#holds -= 1;
      if (this.#holds === 0 && this.#state !== "ended") this.#socket.resume();
    };
    then.then(goOn, goOn);
  }

  #write(frame: HubFrame, flushed?: (error?: Error) => void): boolean {
    if (this.#state !== "open") return false;
    const message = this.#framing.encode(frame);
    if (message === undefined) {
      this.#log.warn({ type: frame.type }, "a frame is too large for a daemon's link");
      return false;
    }
    return this.#writeMessage(message, flushed);
  }

  #writeMessage(message: string | Uint8Array, flushed?: (error?: Error) => void): boolean {
    if (this.#state !== "open") return false;
    if (this.#socket.bufferedAmount + message.length > OUTBOUND_MAX_BYTES) {
      this.#log.warn("a daemon does not read; its link is cut");
      this.#end();
      this.#socket.terminate();
      return false;
    }
    this.#socket.send(message, flushed);
    return true;
  }

  close(code: number, reason: string): void {
    this.#end();
    this.#socket.close(code, reason);
  }

  ping(): void {
    if (this.#answered) {
      this.#answered = false;
      this.#socket.ping();
    } else {
      this.#end();
      this.#socket.terminate();
    }
  }

  /** Calls back when every frame that the daemon sent before now has been read. */
  afterWhatWasSent(then: () => void): void {
    this.#lastMark += 1;
    const mark = String(this.#lastMark);
    this.#marks.set(mark, then);
    this.#socket.ping(mark);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    this.#hears();
    if (this.#state === "open") this.#receiveFrame(data, isBinary);
    else if (this.#state === "asking") this.#early.push([data, isBinary]);
    else if (this.#state === "silent") void this.#authenticate(data, isBinary);
  }

  #receiveFrame(data: Buffer, isBinary: boolean): void {
    const decoded = this.#framing.decode(data, isBinary);
    if (decoded.kind === "frame") this.#door.received(this, decoded.frame);
    else if (decoded.kind === "bytes") this.#door.receivedBytes(this, decoded.frame);
    else if (decoded.kind === "malformed") this.#complain(decoded.why);
    else if (decoded.kind === "junk") {
      this.#complain(decoded.why);
      this.close(CLOSE_CODES.badFrame, decoded.why);
    }
  }

  async #authenticate(data: Buffer, isBinary: boolean): Promise<void> {
    const decoded = version1.decode(data, isBinary);
    if (decoded.kind === "junk") return this.#refuse(CLOSE_CODES.badFrame, decoded.why);
    if (decoded.kind !== "frame" || decoded.frame.type !== "auth") {
      return this.#refuse(CLOSE_CODES.unauthenticated, "the first frame must be auth");
    }
    this.#state = "asking";
    this.#socket.pause();
    try {
      const server = await this.#door.signIn(decoded.frame.api_key);
      if (this.#state !== "asking") return;
      if (!server) return this.#refuse(CLOSE_CODES.unauthenticated, "the key is not known", "unauthenticated");
      this.#keyHash = secretHash(decoded.frame.api_key);
      if ((decoded.frame.protocol ?? 1) >= 2) this.#framing = version2;
      this.#open(server);
    } catch (error) {
      this.#log.error({ err: error }, "a daemon's key could not be looked up");
      this.close(INTERNAL_ERROR, "the key could not be looked up");
    } finally {
      this.#socket.resume();
    }
  }

  #open(server: ServerCaller): void {
    clearTimeout(this.#authTimer);
    this.#visit?.admitted();
    this.#liftLimit();
    this.#server = server;
    this.#state = "open";
    this.send(
      this.version === 2 ? { type: "auth_ok", protocol: 2, hub_time: new Date().toISOString() } : { type: "auth_ok" },
    );
    this.#door.opened(this);
    const early = this.#early;
    this.#early = [];
    for (const [data, isBinary] of early) this.#receive(data, isBinary);
  }

  #hears(): void {
    this.#answered = true;
    this.#heardAt = performance.now();
  }

  #pong(mark: string): void {
    this.#hears();
    const then = this.#marks.get(mark);
    this.#marks.delete(mark);
    then?.();
  }

  /** `problem` when it is for the audit trail. */
  #refuse(code: number, reason: string, problem?: ProblemCode): void {
    if (this.#state === "ended") return;
    if (problem) this.#visit?.denied({ problem, caller: undefined, projectId: null, asked: undefined });
    this.#log.info({ code, reason }, "a daemon's link was refused");
    this.close(code, reason);
  }

  #complain(why: string): void {
    this.#badFrames += 1;
    if (this.#badFrames === 1) this.#log.warn({ server_id: this.#server?.id, why }, "a daemon sends bad frames");
  }

  #end(): void {
    if (this.#state === "ended") return;
    const wasOpen = this.#state === "open";
    this.#state = "ended";
    clearTimeout(this.#authTimer);
    this.#liftLimit();
    this.#liftRate();
    this.#early = [];
    this.#marks.clear();
    if (wasOpen) this.#door.closed(this);
  }
}
