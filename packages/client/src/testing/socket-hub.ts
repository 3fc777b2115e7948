import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";

export type Message = { type: string } & Record<string, unknown>;

/** One link of a viewer, seen from the hub. */
export interface Link {
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
