import { expect, test, vi } from "vitest";
import { DashboardSocket, type SocketState } from "./dashboard-socket.ts";
import { openSocket, startSocketHub, viewer, welcome } from "./testing/socket-hub.ts";

const PROJECT = "project:0b7e4c11-9a55-4c8e-b3de-77a6f01d2c3b";
const TASK = "task:6f1c9a52-0d3b-4e56-8a77-1f2e3d4c5b6a";

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

test("a hub that answers pings and falls silent counts as gone", async () => {
  await using hub = await startSocketHub();
  const states: SocketState[] = [];
  const options = { url: hub.url, open: openSocket, pingEveryMs: 20, pongLimitMs: 30 };
  const socket = new DashboardSocket({ ...options, onState: (state) => states.push(state) });
  const link = await hub.nextLink();
  link.send({ ...welcome, answers_ping: true });
  for (let answered = 0; answered < 5; answered += 1) {
    expect(await link.next()).toEqual({ type: "ping" });
    link.send({ type: "pong" });
  }
  expect(states).toEqual(["live"]);
  const again = await hub.nextLink();
  expect(states).toEqual(["live", "reconnecting"]);
  again.send({ ...welcome, answers_ping: true });
  await vi.waitUntil(() => states.length === 3);
  expect(states).toEqual(["live", "reconnecting", "live"]);
  expect(await again.next()).toEqual({ type: "ping" });
  socket.close();
});
