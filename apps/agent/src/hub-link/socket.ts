import { type DaemonFrame, HubFrame } from "@orchestratia/protocol/server-link";
import WebSocket from "ws";
import { type Outgoing, OutputTurns } from "./output-turns.ts";

const handshakeLimitMs = 10_000;
const authLimitMs = 10_000;
const protocolVersion = 2;
const usualPings: Pings = { everyMs: 15_000, limitMs: 10_000 };
/** A task with its inputs is the largest thing that a hub sends. */
const largestFrameBytes = 48 * 1024 * 1024;

/** How often the hub is pinged, and how long it may take to answer before the link counts as broken. */
export interface Pings {
  everyMs: number;
  limitMs: number;
}

export interface SocketEvents {
  onFrame(frame: unknown): void;
  onBinary(frame: Uint8Array): void;
  onClose(code: number, reason: string): void;
}

/** The hub speaks another version of the protocol; only an update of one of the two helps. */
export class OtherProtocolError extends Error {}

/** An authenticated socket to a hub's `/ws/server`. */
export class HubSocket {
  readonly #ws: WebSocket;
  /** Terminal output and recordings go through here, so that they delay nothing else. */
  readonly turns = new OutputTurns((frame, onFlushed) => this.#put(frame, onFlushed));
  #isAlive = true;
  #holds = 0;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
  }

  /** Connects and signs in. Rejects when the hub is away, or its first frame is not `auth_ok` of our version. */
  static open(hubUrl: string, apiKey: string, events: SocketEvents, pings = usualPings): Promise<HubSocket> {
    return new Promise((resolve, reject) => {
      const ws = new WebSocket(`${hubUrl.replace(/^http/, "ws").replace(/\/+$/, "")}/ws/server`, {
        perMessageDeflate: false,
        handshakeTimeout: handshakeLimitMs,
        maxPayload: largestFrameBytes,
        ...(isReadByNobodyElse(hubUrl) && { generateMask: noMask }),
      });
      let socket: HubSocket | undefined;
      const limit = setTimeout(() => ws.terminate(), authLimitMs);
      const auth: DaemonFrame = { type: "auth", api_key: apiKey, protocol: protocolVersion };
      ws.on("open", () => ws.send(JSON.stringify(auth)));
      ws.on("message", (data: Buffer, isBinary) => {
        if (socket) {
          if (isBinary) events.onBinary(data);
          else events.onFrame(parseJson(String(data)));
          return;
        }
        const first = HubFrame.safeParse(isBinary ? undefined : parseJson(String(data))).data;
        if (first?.type !== "auth_ok") return ws.close();
        if (first.protocol !== protocolVersion) {
          reject(new OtherProtocolError(`the hub does not speak version ${protocolVersion} of the daemons' protocol`));
          return ws.close();
        }
        clearTimeout(limit);
        socket = new HubSocket(ws);
        socket.#watch(pings);
        resolve(socket);
      });
      ws.on("error", reject);
      ws.on("close", (code, reason) => {
        clearTimeout(limit);
        reject(new Error(`the hub closed the connection: ${code} ${reason}`));
        if (!socket) return;
        socket.turns[Symbol.dispose]();
        events.onClose(code, String(reason));
      });
    });
  }

  /** Notices a network that died without saying so. */
  #watch({ everyMs, limitMs }: Pings): void {
    const timer = setInterval(() => {
      this.#isAlive = false;
      this.#ws.ping();
      setTimeout(() => {
        if (!this.#isAlive) this.#ws.terminate();
      }, limitMs).unref();
    }, everyMs);
    this.#ws.on("pong", () => {
      this.#isAlive = true;
    });
    this.#ws.on("close", () => clearInterval(timer));
  }

  send(frame: DaemonFrame): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.send(JSON.stringify(frame));
  }

  #put(frame: Outgoing, onFlushed: () => void): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    this.#ws.send(frame, (error) => {
      if (!error) onFlushed();
    });
  }

  /** Resolves when the kernel has taken the frame; false when it could not. */
  sendFlushed(frame: DaemonFrame): Promise<boolean> {
    if (this.#ws.readyState !== WebSocket.OPEN) return Promise.resolve(false);
    return new Promise((resolve) => this.#ws.send(JSON.stringify(frame), (error) => resolve(!error)));
  }

  /** Reads nothing more until then. */
  hold(until: Promise<unknown>): void {
    this.#holds += 1;
    this.#ws.pause();
    const release = () => {
      this.#holds -= 1;
      if (this.#holds === 0) this.#ws.resume();
    };
    until.then(release, release);
  }

  close(): void {
    this.#ws.close(1001);
    // A hub that does not answer the close must not keep us.
    setTimeout(() => this.#ws.terminate(), 1000).unref();
  }
}

/** Within TLS or this machine there is no proxy that could take a frame's bytes for something else. */
function isReadByNobodyElse(hubUrl: string): boolean {
  const { protocol, hostname } = new URL(hubUrl);
  return ["https:", "wss:"].includes(protocol) || ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}

/** A mask of zeros is one that neither end has to apply: else both would pass over every byte of output once more. */
const noMask = (mask: Buffer): void => void mask.fill(0);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
