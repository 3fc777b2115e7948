import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { DashboardFrame } from "@orchestratia/protocol/dashboard-link";
import {
  encodeSnapshot,
  encodeTerminalFrame,
  type Snapshot,
  TERMINAL_KINDS,
} from "@orchestratia/protocol/terminal-frame";
import { vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { DashboardSocket, type SocketState } from "../dashboard-socket.ts";

export const SESSION = "c3d90e7b-2a64-4f1d-8e05-9b7a61c2f4d8";

export const welcome = { type: "auth_ok", user: { id: "u", name: "Ada" }, position: 10 };

export const attached = (offset: number, { number = 7, you = false } = {}) => ({
  type: "attached",
  session_id: SESSION,
  number,
  offset,
  cols: 80,
  rows: 24,
  driver: you ? "Ada" : null,
  you,
});
export const output = (offset: number, text: string, session = 7) =>
  encodeTerminalFrame({ kind: TERMINAL_KINDS.output, session, offset, payload: Buffer.from(text) });

export const snapshot = (offset: number, text: string) =>
  encodeTerminalFrame({
    kind: TERMINAL_KINDS.snapshot,
    session: 7,
    offset,
    payload: encodeSnapshot({ cols: 80, rows: 24, text: Buffer.from(text) }),
  });

/** A viewer whose link the test holds at the hub's end. */
export async function viewer(token?: string) {
  const hub = await startSocketHub();
  const states: SocketState[] = [];
  const frames: DashboardFrame[] = [];
  const socket = new DashboardSocket({
    url: hub.url,
    open: openSocket,
    onState: (state) => states.push(state),
    onFrame: (frame) => frames.push(frame),
    ...(token === undefined ? {} : { token }),
  });
  const link = await hub.nextLink();
  return {
    hub,
    socket,
    link,
    states,
    frames,
    /** Everything that was sent to the viewer before has been read by it. */
    settled: async (on: Link) => {
      const mark = { type: "caught_up", topic: "mark", position: 0 };
      const before = frames.length;
      on.send(mark);
      await vi.waitUntil(() =>
        frames.slice(before).some((frame) => frame.type === "caught_up" && frame.topic === "mark"),
      );
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      await hub[Symbol.asyncDispose]();
    },
  };
}

export const terminal = () => {
  const seen: [what: string, ...rest: unknown[]][] = [];
  return {
    seen,
    onAttached: ({ offset }: { offset: number }) => seen.push(["attached", offset]),
    onOutput: (bytes: Uint8Array, offset: number) => seen.push(["output", offset, Buffer.from(bytes).toString()]),
    onSnapshot: ({ offset, cols, rows, text }: Snapshot & { offset: number }) =>
      seen.push(["snapshot", offset, cols, rows, Buffer.from(text).toString()]),
    onStartOver: () => seen.push(["start over"]),
    onResized: ({ cols, rows }: { cols: number; rows: number }) => seen.push(["resized", cols, rows]),
    onDriver: (user: string | null, you: boolean) => seen.push(["driver", user, you]),
    onProblem: (detail: string) => seen.push(["problem", detail]),
  };
};

type Message = { type: string } & Record<string, unknown>;

/** One link of a viewer, seen from the hub. */
interface Link {
  send(frame: object): void;
  sendBytes(bytes: Uint8Array): void;
  /** The next message of this link that has not been asked for yet; bytes as they are. */
  next(): Promise<Message | Uint8Array>;
  drop(): void;
  readonly socket: WebSocket;
}

/** A real `/ws/dashboard` as far as sockets go; what it says is up to the test. */
export async function startSocketHub() {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const links = new Queue<Link>();
  server.on("connection", (socket) => links.push(linkOf(socket)));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The next viewer that connects. */
    nextLink: () => links.next(),
    /** How many viewers are connected now. */
    get connected() {
      return server.clients.size;
    },
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What the client takes for its browser's socket. */
export const openSocket = (url: string) => new WebSocket(url) as unknown as globalThis.WebSocket;

function linkOf(socket: WebSocket): Link {
  const messages = new Queue<Message | Uint8Array>();
  socket.on("message", (data: Buffer, isBinary) => {
    messages.push(isBinary ? new Uint8Array(data) : (JSON.parse(data.toString()) as Message));
  });
  return {
    socket,
    send: (frame) => socket.send(JSON.stringify(frame)),
    sendBytes: (bytes) => socket.send(bytes),
    next: () => messages.next(),
    drop: () => socket.terminate(),
  };
}

/** Hands each thing to one taker, in order, whichever of the two comes first. */
class Queue<T> {
  readonly #things: T[] = [];
  readonly #takers: ((thing: T) => void)[] = [];

  push(thing: T): void {
    const taker = this.#takers.shift();
    if (taker) taker(thing);
    else this.#things.push(thing);
  }

  next(): Promise<T> {
    const thing = this.#things.shift();
    if (thing !== undefined) return Promise.resolve(thing);
    return new Promise((resolve) => this.#takers.push(resolve));
  }
}
