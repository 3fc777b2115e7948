import type { Socket } from "node:net";
import {
  type DashboardFrame,
  VIEWER_FRAME_MAX_BYTES,
  VIEWER_FRAMES_PER_SECOND,
  ViewerFrame,
} from "@orchestratia/protocol/dashboard-link";
import { Problem, type ProblemCode } from "@orchestratia/protocol/problems";
import { CLOSE_CODES } from "@orchestratia/protocol/server-link";
import { decodeTerminalFrame, type TerminalFrame } from "@orchestratia/protocol/terminal-frame";
import type { FastifyBaseLogger } from "fastify";
import { WebSocket } from "ws";
import type { Caller } from "../access/caller.ts";
import type { Found } from "../access/identities.ts";
import type { Visit } from "../access/visit.ts";
import { limitInbound } from "../sockets/inbound-limit.ts";
import { limitInboundRate } from "../sockets/inbound-rate.ts";
import type { OutputSink } from "./attachment.ts";
import type { TerminalPiece } from "./terminal-piece.ts";

/** Asks who is there; undefined when nobody known is. It is asked again while the connection lasts. */
export type SignIn = () => Promise<Found | undefined>;

/** Who a connection tells what happens on it. */
export interface ViewerDoor {
  signInToken(token: string): Promise<Found | undefined>;
  opened(viewer: ViewerConnection): void;
  received(viewer: ViewerConnection, frame: ViewerFrame): void;
  typed(viewer: ViewerConnection, frame: TerminalFrame): void;
  drained(viewer: ViewerConnection): void;
  closed(viewer: ViewerConnection): void;
}

interface Edges {
  number: number;
  socket: WebSocket;
  stream: Socket;
  door: ViewerDoor;
  log: FastifyBaseLogger;
  visit: Visit | null;
}

const AUTH_MS = 10_000;
const FIRST_FRAME_MAX_BYTES = 16 * 1024;
/** Terminal output is not sent while so much waits; it is kept in the session's window. */
const CONGESTED_BYTES = 256 * 1024;
/** Facts cannot wait: a viewer with so much before it is cut off and resumes by position. */
const OUTBOUND_MAX_BYTES = 1024 * 1024;
const INTERNAL_ERROR = 1011;
const TRY_AGAIN_LATER = 1013;

/**
 * One viewer's socket: `silent` until its first frame, `asking` while a sign-in is looked up, `open`, `ended`. It only
 * moves forward.
 */
export class ViewerConnection implements OutputSink {
  readonly number: number;
  readonly #socket: WebSocket;
  readonly #stream: Socket;
  readonly #door: ViewerDoor;
  readonly #log: FastifyBaseLogger;
  readonly #visit: Visit | null;
  readonly #authTimer: NodeJS.Timeout;
  readonly #liftLimits: (() => void)[] = [];
  readonly #liftRate: () => void;
  #state: "silent" | "asking" | "open" | "ended" = "silent";
  #identity: Found | undefined;
  #signIn: SignIn | undefined;
  #early: [Buffer, boolean][] = [];
  #answered = true;
  #onceDrained: ((alive: boolean) => void)[] = [];
  /** What of the bytes that wait is a terminal's: a snapshot may be large, and is kept once for all who are sent it. */
  #sharedBytes = 0;
  encoding: "binary" | "base64" = "binary";

  constructor({ number, socket, stream, door, log, visit }: Edges, authMs = AUTH_MS) {
    this.number = number;
    this.#socket = socket;
    this.#stream = stream;
    this.#door = door;
    this.#log = log;
    this.#visit = visit;
    this.#authTimer = setTimeout(() => this.#refuse(CLOSE_CODES.authTimeout, "nobody signed in"), authMs);
    this.#limit(FIRST_FRAME_MAX_BYTES);
    this.#liftRate = limitInboundRate(socket, VIEWER_FRAMES_PER_SECOND);
    socket.on("message", (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary));
    socket.on("pong", () => {
      this.#answered = true;
    });
    socket.on("close", () => this.#end());
    stream.on("drain", this.#drained);
  }

  /** Who looks, and with which sign-in or token. */
  get identity(): Found {
    if (!this.#identity) throw new Error("nobody has signed in on this connection");
    return this.#identity;
  }

  get caller(): Caller {
    return this.identity.caller;
  }

  get callerId(): string {
    return this.caller.kind === "system" ? "system" : this.caller.id;
  }

  get name(): string {
    return this.caller.kind === "system" ? "hub" : this.caller.name;
  }

  get congested(): boolean {
    return this.#stream.writableLength > CONGESTED_BYTES;
  }

  /** Tries what came with the upgrade; without it the first frame must sign in. */
  async tryUpgrade(signIn: SignIn): Promise<void> {
    this.#state = "asking";
    await this.#ask(signIn, () => {
      this.#state = "silent";
    });
    this.#readEarly();
  }

  send(frame: DashboardFrame): void {
    this.sendText(JSON.stringify(frame));
  }

  sendText(text: string): void {
    if (this.#state !== "open") return;
    this.#socket.send(text);
    if (this.#stream.writableLength > OUTBOUND_MAX_BYTES + this.#sharedBytes) this.tooSlow();
  }

  write(piece: TerminalPiece): void {
    // Behind a close frame nothing may follow.
    if (this.#state !== "open" || this.#socket.readyState !== WebSocket.OPEN) return;
    const before = this.#stream.writableLength;
    if (this.encoding === "binary") this.#writeMessage(piece.binary);
    else this.#socket.send(piece.text);
    this.#sharedBytes += this.#stream.writableLength - before;
  }

  #writeMessage(pieces: readonly Uint8Array[]): void {
    this.#stream.cork();
    for (const piece of pieces) this.#stream.write(piece);
    this.#stream.uncork();
  }

  drained(): Promise<boolean> {
    if (this.#state === "ended") return Promise.resolve(false);
    if (!this.congested) return Promise.resolve(true);
    return new Promise((resolve) => this.#onceDrained.push(resolve));
  }

  tooSlow(): void {
    this.close(TRY_AGAIN_LATER, "you do not read fast enough");
  }

  /** Whoever looks asked for what they may not have. `projectId`: the project it is in, if they may see it. */
  denied(problem: ProblemCode, projectId: string | null = null, asked?: string): void {
    this.#visit?.denied({ problem, caller: this.#identity?.caller, projectId, asked });
  }

  close(code: number, reason: string): void {
    this.#end();
    // A close frame holds 123 bytes of reason.
    this.#socket.close(code, reason.slice(0, 100));
  }

  /** Ends the line at once, without a word to whoever may no longer be there. */
  cutOff(): void {
    this.#end();
    this.#socket.terminate();
  }

  /** Asks for a sign of life, or ends a connection that gave none since the last time. */
  ping(): void {
    if (this.#answered) {
      this.#answered = false;
      this.#socket.ping();
    } else {
      this.cutOff();
    }
  }

  /** Ends the connection when its sign-in no longer holds. */
  async checkSignIn(): Promise<void> {
    const identity = await this.#signIn?.();
    if (identity) this.#identity = identity;
    else this.close(CLOSE_CODES.unauthenticated, "the sign-in has ended");
  }

  #receive(data: Buffer, isBinary: boolean): void {
    this.#answered = true;
    if (this.#state === "asking") this.#early.push([data, isBinary]);
    else if (this.#state === "open" && isBinary) this.#receiveBytes(data);
    else if (this.#state === "open" || this.#state === "silent") this.#receiveText(data, isBinary);
  }

  #receiveBytes(data: Buffer): void {
    const frame = decodeTerminalFrame(data);
    if (frame) this.#door.typed(this, frame);
    else this.#refuse(CLOSE_CODES.badFrame, "a binary frame without a header");
  }

  #receiveText(data: Buffer, isBinary: boolean): void {
    const value = isBinary ? undefined : parseJson(data);
    const parsed = ViewerFrame.safeParse(value);
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.#refuse(CLOSE_CODES.badFrame, "no JSON object");
    } else if (this.#state === "silent") {
      this.#receiveFirst(parsed.data);
    } else if (parsed.success) {
      this.#door.received(this, parsed.data);
    } else if (isKnown(value)) {
      this.#refuse(CLOSE_CODES.badFrame, "a frame that is not in its form");
    }
  }

  #receiveFirst(frame: ViewerFrame | undefined): void {
    if (frame?.type === "auth") {
      if (frame.encoding) this.encoding = frame.encoding;
      void this.#authenticate(() => this.#door.signInToken(frame.token));
    } else {
      this.#refuse(CLOSE_CODES.unauthenticated, "the first frame must be auth");
    }
  }

  async #authenticate(signIn: SignIn): Promise<void> {
    this.#state = "asking";
    await this.#ask(signIn, () =>
      this.#refuse(CLOSE_CODES.unauthenticated, "the token is not valid", "unauthenticated"),
    );
    this.#readEarly();
  }

  async #ask(signIn: SignIn, unknown: () => void): Promise<void> {
    this.#socket.pause();
    try {
      const identity = await signIn();
      if (this.#state !== "asking") return;
      if (identity) this.#open(identity, signIn);
      else unknown();
    } catch (error) {
      if (error instanceof Problem) return this.#refuse(CLOSE_CODES.forbidden, error.detail, error.code);
      this.#log.error({ err: error }, "a viewer's sign-in could not be looked up");
      this.close(INTERNAL_ERROR, "the sign-in could not be looked up");
    } finally {
      this.#socket.resume();
    }
  }

  #open(identity: Found, signIn: SignIn): void {
    clearTimeout(this.#authTimer);
    this.#visit?.admitted();
    this.#identity = identity;
    this.#signIn = signIn;
    this.#state = "open";
    this.#limit(VIEWER_FRAME_MAX_BYTES);
    this.#door.opened(this);
  }

  #readEarly(): void {
    const early = this.#early;
    this.#early = [];
    for (const [data, isBinary] of early) this.#receive(data, isBinary);
  }

  #limit(mostBytes: number): void {
    for (const lift of this.#liftLimits.splice(0)) lift();
    const exceeded = () => this.#refuse(CLOSE_CODES.tooBig, "the frame is too large");
    this.#liftLimits.push(limitInbound(this.#socket, this.#stream, mostBytes, exceeded));
  }

  readonly #drained = (): void => {
    this.#sharedBytes = 0;
    for (const resolve of this.#onceDrained.splice(0)) resolve(true);
    if (this.#state === "open") this.#door.drained(this);
  };

  /** `problem` when it is for the audit trail. */
  #refuse(code: number, reason: string, problem?: ProblemCode): void {
    if (this.#state === "ended") return;
    if (problem) this.denied(problem);
    this.#log.info({ code, reason }, "a viewer's connection was refused");
    this.close(code, reason);
  }

  #end(): void {
    if (this.#state === "ended") return;
    const wasOpen = this.#state === "open";
    this.#state = "ended";
    clearTimeout(this.#authTimer);
    this.#liftRate();
    for (const lift of this.#liftLimits.splice(0)) lift();
    this.#stream.off("drain", this.#drained);
    this.#early = [];
    for (const resolve of this.#onceDrained.splice(0)) resolve(false);
    if (wasOpen) this.#door.closed(this);
  }
}

const KNOWN = new Set<unknown>(ViewerFrame.options.map(({ shape }) => shape.type.value));

/** Frames of types that this hub does not know are left alone: a newer dashboard may send such. */
const isKnown = (value: object): boolean => KNOWN.has((value as { type?: unknown }).type);

function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString());
  } catch {
    return undefined;
  }
}
