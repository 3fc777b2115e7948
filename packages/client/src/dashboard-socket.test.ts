import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { DashboardFrame } from "@orchestratia/protocol/dashboard-link";
import { decodeTerminalFrame, encodeTerminalFrame, TERMINAL_KINDS } from "@orchestratia/protocol/terminal-frame";
import { expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { DashboardSocket, type SocketState } from "./dashboard-socket.ts";

const SESSION = "c3d90e7b-2a64-4f1d-8e05-9b7a61c2f4d8";
const PROJECT = "project:0b7e4c11-9a55-4c8e-b3de-77a6f01d2c3b";
const TASK = "task:6f1c9a52-0d3b-4e56-8a77-1f2e3d4c5b6a";

const welcome = { type: "auth_ok", user: { id: "u", name: "Ada" }, position: 10 };
const fact = (position: number) => ({
  type: "task_event",
  event_type: "task.started",
  task_id: TASK.slice(5),
  details: {},
  position,
  project_id: PROJECT.slice(8),
  at: "2026-01-02T03:04:05.000Z",
  actor: { type: "user", id: "u", name: "Ada" },
});
const attached = (offset: number, number = 7) => ({
  type: "attached",
  session_id: SESSION,
  number,
  offset,
  cols: 80,
  rows: 24,
  driver: null,
});
const output = (offset: number, text: string, session = 7) =>
  encodeTerminalFrame({ kind: TERMINAL_KINDS.output, session, offset, payload: Buffer.from(text) });

/** A viewer whose link the test holds at the hub's end. */
async function viewer(token?: string) {
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

const terminal = () => {
  const seen: [what: string, ...rest: unknown[]][] = [];
  return {
    seen,
    onAttached: ({ offset }: { offset: number }) => seen.push(["attached", offset]),
    onOutput: (bytes: Uint8Array, offset: number) => seen.push(["output", offset, Buffer.from(bytes).toString()]),
    onProblem: (detail: string) => seen.push(["problem", detail]),
  };
};

test("a token signs in with the first message; nothing else is sent before the hub has said yes", async () => {
  await using it = await viewer("jwt");
  it.socket.subscribe(PROJECT);
  expect(await it.link.next()).toEqual({ type: "auth", token: "jwt" });
  it.link.send(welcome);
  expect(await it.link.next()).toEqual({ type: "subscribe", topic: PROJECT });
  expect([it.socket.state, it.states]).toEqual(["live", ["live"]]);
});

test("after a gap each topic goes on behind the last fact", async () => {
  await using it = await viewer();
  it.socket.subscribe(PROJECT, 3);
  it.socket.subscribe(TASK);
  it.link.send(welcome);
  expect([await it.link.next(), await it.link.next()]).toEqual([
    { type: "subscribe", topic: PROJECT, after: 3 },
    { type: "subscribe", topic: TASK },
  ]);
  it.link.send({ type: "caught_up", topic: PROJECT, position: 10 });
  it.link.send(fact(11));
  it.link.send(fact(12));
  await it.settled(it.link);
  it.link.drop();
  const again = await it.hub.nextLink();
  again.send(welcome);
  expect([await again.next(), await again.next()]).toEqual([
    { type: "subscribe", topic: PROJECT, after: 12 },
    { type: "subscribe", topic: TASK, after: 12 },
  ]);
  expect(it.states).toEqual(["live", "reconnecting", "live"]);
});

test("a topic whose past is still coming asks for it again, however far the others are", async () => {
  await using it = await viewer();
  it.socket.subscribe(PROJECT, 3);
  it.socket.subscribe(TASK, 5);
  it.link.send(welcome);
  it.link.send({ type: "caught_up", topic: TASK, position: 10 });
  it.link.send(fact(11));
  it.link.send(fact(4));
  await it.settled(it.link);
  it.link.drop();
  const again = await it.hub.nextLink();
  again.send(welcome);
  expect([await again.next(), await again.next()]).toEqual([
    { type: "subscribe", topic: PROJECT, after: 3 },
    { type: "subscribe", topic: TASK, after: 11 },
  ]);
});

test("a topic that was let go is not asked for again", async () => {
  await using it = await viewer();
  it.link.send(welcome);
  await it.settled(it.link);
  it.socket.subscribe(PROJECT);
  it.socket.subscribe(TASK);
  it.socket.unsubscribe(PROJECT);
  expect(
    [await it.link.next(), await it.link.next(), await it.link.next()].map((frame) => (frame as { type: string }).type),
  ).toEqual(["subscribe", "subscribe", "unsubscribe"]);
  it.link.drop();
  const again = await it.hub.nextLink();
  again.send(welcome);
  expect(await again.next()).toMatchObject({ topic: TASK });
});

test("a terminal gets its bytes, and after a gap asks only for what is missing, at its present size", async () => {
  await using it = await viewer();
  const screen = terminal();
  it.socket.attach(SESSION, { cols: 80, rows: 24 }, "drive", screen);
  it.link.send(welcome);
  expect(await it.link.next()).toEqual({ type: "attach", session_id: SESSION, cols: 80, rows: 24, mode: "drive" });
  it.link.send(attached(1000));
  it.link.sendBytes(output(1000, "hello"));
  it.link.sendBytes(output(0, "somebody else's", 8));
  it.link.sendBytes(output(1005, " you"));
  await it.settled(it.link);
  expect(screen.seen).toEqual([
    ["attached", 1000],
    ["output", 1000, "hello"],
    ["output", 1005, " you"],
  ]);
  it.socket.resize(SESSION, { cols: 100, rows: 30 });
  expect(await it.link.next()).toEqual({ type: "session_resize", session_id: SESSION, cols: 100, rows: 30 });
  it.link.drop();
  const again = await it.hub.nextLink();
  again.send(welcome);
  expect(await again.next()).toEqual({
    type: "attach",
    session_id: SESSION,
    offset: 1009,
    cols: 100,
    rows: 30,
    mode: "drive",
  });
});

test("typing goes out as bytes once attached, and is refused while there is no link", async () => {
  await using it = await viewer();
  const screen = terminal();
  it.socket.attach(SESSION, { cols: 80, rows: 24 }, "drive", screen);
  expect(it.socket.type(SESSION, Buffer.from("ls"))).toBe(false);
  it.link.send(welcome);
  await it.link.next();
  it.link.send(attached(0));
  await it.settled(it.link);
  expect(it.socket.type(SESSION, Buffer.from("ls\r"))).toBe(true);
  const bytes = await it.link.next();
  expect(decodeTerminalFrame(bytes as Uint8Array)).toMatchObject({ kind: TERMINAL_KINDS.input, session: 7 });
  expect(Buffer.from(decodeTerminalFrame(bytes as Uint8Array)?.payload ?? []).toString()).toBe("ls\r");
  it.link.drop();
  await vi.waitUntil(() => it.socket.state === "reconnecting");
  expect(it.socket.type(SESSION, Buffer.from("ls"))).toBe(false);
});

test("a problem of a session reaches its terminal; a detached one hears nothing more", async () => {
  await using it = await viewer();
  const screen = terminal();
  it.link.send(welcome);
  it.socket.attach(SESSION, { cols: 80, rows: 24 }, "watch", screen);
  it.link.send({ type: "problem", problem: { detail: "No such session." }, session_id: SESSION });
  await it.settled(it.link);
  it.socket.detach(SESSION);
  it.link.send(attached(0));
  it.link.sendBytes(output(0, "late"));
  await it.settled(it.link);
  expect(screen.seen).toEqual([["problem", "No such session."]]);
});

test("frames of a newer hub are passed over", async () => {
  await using it = await viewer();
  it.link.send(welcome);
  it.link.send({ type: "from_the_future", position: 99 });
  it.link.sendBytes(new Uint8Array(3));
  it.link.send(fact(11));
  await it.settled(it.link);
  expect(it.frames.map(({ type }) => type)).toEqual(["auth_ok", "task_event", "caught_up"]);
});

test("a closed socket stays closed", async () => {
  await using it = await viewer();
  it.link.send(welcome);
  await it.settled(it.link);
  it.socket.close();
  await vi.waitUntil(() => it.hub.connected === 0);
  expect([it.socket.state, it.states]).toEqual(["closed", ["live", "closed"]]);
});

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
async function startSocketHub() {
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
const openSocket = (url: string) => new WebSocket(url) as unknown as globalThis.WebSocket;

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
