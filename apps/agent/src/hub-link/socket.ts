import { type DaemonFrame, V1_FRAME_MAX_BYTES } from "@orchestratia/protocol/server-link";
import WebSocket from "ws";

const handshakeLimitMs = 10_000;
const authLimitMs = 10_000;
const pingEveryMs = 15_000;
const pongLimitMs = 10_000;

export interface SocketEvents {
  onFrame(frame: unknown): void;
  onClose(code: number, reason: string): void;
}

/** An authenticated socket to a hub's `/ws/server`. */
export class HubSocket {
  readonly #ws: WebSocket;
  #isAlive = true;
  #holds = 0;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
  }

  /** Connects and signs in. Rejects when the hub is away, or its first frame is not `auth_ok`. */
  static open(hubUrl: string, apiKey: string, events: SocketEvents): Promise<HubSocket> {
    return new Promise((resolve, reject) => {
      const ws = new WebSocket(`${hubUrl.replace(/^http/, "ws").replace(/\/+$/, "")}/ws/server`, {
        perMessageDeflate: false,
        handshakeTimeout: handshakeLimitMs,
        maxPayload: 2 * V1_FRAME_MAX_BYTES,
      });
      let socket: HubSocket | undefined;
      const limit = setTimeout(() => ws.terminate(), authLimitMs);
      ws.on("open", () => ws.send(JSON.stringify({ type: "auth", api_key: apiKey } satisfies DaemonFrame)));
      ws.on("message", (data, isBinary) => {
        const frame = isBinary ? undefined : parseJson(String(data));
        if (socket) {
          events.onFrame(frame);
        } else if (typeof frame === "object" && frame !== null && "type" in frame && frame.type === "auth_ok") {
          clearTimeout(limit);
          socket = new HubSocket(ws);
          socket.#watch();
          resolve(socket);
        } else {
          ws.close();
        }
      });
      ws.on("error", reject);
      ws.on("close", (code, reason) => {
        clearTimeout(limit);
        reject(new Error(`the hub closed the connection: ${code} ${reason}`));
        if (socket) events.onClose(code, String(reason));
      });
    });
  }

  /** Notices a network that died without saying so. */
  #watch(): void {
    const timer = setInterval(() => {
      this.#isAlive = false;
      this.#ws.ping();
      setTimeout(() => {
        if (!this.#isAlive) this.#ws.terminate();
      }, pongLimitMs).unref();
    }, pingEveryMs);
    this.#ws.on("pong", () => {
      this.#isAlive = true;
    });
    this.#ws.on("close", () => clearInterval(timer));
  }

  /** `onFlushed` is called when the kernel has taken the frame. */
  send(frame: DaemonFrame, onFlushed?: () => void): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    this.#ws.send(JSON.stringify(frame), (error) => {
      if (!error) onFlushed?.();
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
