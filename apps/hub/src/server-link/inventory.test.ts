import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import { startTestLinks, type TestLinks } from "../testing/test-links.ts";
import { until } from "../testing/until.ts";

let database: TestDatabase;
let links: TestLinks;

beforeAll(async () => {
  database = await createTestDatabase();
  // No test here waits for the grace time: the reading of the grants ends each inventory.
  links = await startTestLinks(database.url, { server: { inventoryMs: 60_000 } });
});
afterAll(async () => {
  await links[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

test("a server that goes away leaves its sessions disconnected; what it reports at its return is active again", async () => {
  const { daemon, server, session } = await links.stage();
  const changes: string[] = [];
  links.sessions.onChange((changed) => {
    if (changed.id === session.id) changes.push(changed.status);
  });
  await daemon.cut();
  await until(() => session.status === "disconnected");
  expect(links.connections.isConnected(server.id)).toBe(false);
  expect(await links.row(session.id)).toMatchObject({ status: "disconnected" });
  await daemon.connect();
  await until(() => session.status === "active");
  await links.settled();
  expect(await links.row(session.id)).toMatchObject({ status: "active" });
  expect(changes).toEqual(["disconnected", "active"]);
  await daemon[Symbol.asyncDispose]();
});

test("a session that is not reported is lost, and adopted when it is reported after all", async () => {
  const { daemon, session } = await links.stage();
  const terminal = daemon.terminals.get(session.id);
  await daemon.cut();
  daemon.terminals.clear();
  await daemon.connect();
  await until(() => session.status === "lost");
  daemon.output(session.id, "still here");
  await until(() => session.status === "active");
  expect(session.output.since(0).bytes.toString()).toBe("still here");
  expect(terminal).toBeDefined();
  await daemon[Symbol.asyncDispose]();
});

test("a takeover without a word in between also finds what is lost", async () => {
  const { daemon, server, session } = await links.stage();
  await using newer = links.daemon(server.apiKey);
  await newer.connect();
  await until(() => session.status === "lost");
  await daemon[Symbol.asyncDispose]();
});

test("the grants' reading may overtake the report: it ends the inventory only behind it", async () => {
  const { daemon, server, session } = await links.stage();
  await daemon.cut();
  await until(() => session.status === "disconnected");
  const statuses: string[] = [];
  links.sessions.onChange((changed) => {
    if (changed.id === session.id) statuses.push(changed.status);
  });
  await daemon.open();
  daemon.send({ type: "auth", api_key: server.apiKey });
  await daemon.next("auth_ok");
  daemon.stall();
  await daemon.endInventory();
  await links.settled();
  daemon.send({ type: "session_started", session_id: session.id, recovered: true });
  await until(() => session.status === "active");
  daemon.goOn();
  await daemon.endInventory();
  await links.settled();
  expect(statuses).toEqual(["active"]);
  await daemon[Symbol.asyncDispose]();
});

test("without a reading of the grants a grace time ends the inventory", async () => {
  await using own = await createTestDatabase();
  await using hub = await startTestLinks(own.url, { server: { inventoryMs: 50 } });
  const { daemon, server, session } = await hub.stage();
  await daemon.cut();
  await daemon.open();
  daemon.send({ type: "auth", api_key: server.apiKey });
  await until(() => session.status === "lost");
  await daemon[Symbol.asyncDispose]();
});

test("a session that ended for the hub is closed on the daemon that still has it", async () => {
  const { daemon, session } = await links.stage();
  const terminal = daemon.terminals.get(session.id);
  daemon.exit(session.id);
  await until(() => session.status === "closed");
  await daemon.cut();
  if (terminal) daemon.terminals.set(session.id, terminal);
  await daemon.connect();
  expect((await daemon.next("session_close")).session_id).toBe(session.id);
  await links.settled();
  expect(await links.row(session.id)).toMatchObject({ status: "closed" });
  await daemon[Symbol.asyncDispose]();
});

test("a session nobody knows is closed; one of another server is left alone", async () => {
  const mine = await links.stage();
  const other = await links.stage();
  const unknown = randomUUID();
  mine.daemon.send({ type: "session_started", session_id: other.session.id, pid: 1, recovered: true });
  mine.daemon.send({ type: "session_started", session_id: unknown, pid: 1, recovered: true });
  expect((await mine.daemon.next("session_close")).session_id).toBe(unknown);
  expect(other.session.status).toBe("active");
  // Nor may a server speak for another's sessions.
  mine.daemon.output(other.session.id, "forged");
  mine.daemon.exit(other.session.id, 1);
  await mine.daemon.endInventory();
  await links.settled();
  expect(other.session.status).toBe("active");
  expect(other.session.output.end).toBe(0);
  await mine.daemon[Symbol.asyncDispose]();
  await other.daemon[Symbol.asyncDispose]();
});

test("after its restart a tmux daemon is told the ids and sizes of its terminals", async () => {
  const projectId = await links.addProject();
  const server = await links.addServer(projectId);
  await using daemon = links.daemon(server.apiKey, { answers: false });
  await daemon.connect();
  const byName = links.session(projectId, server.id, { cols: 100, rows: 30 });
  const first = await daemon.next("session_start");
  daemon.send({ type: "session_started", session_id: first.session_id, tmux_name: "orc-renamed" });
  const byId = links.session(projectId, server.id);
  const second = await daemon.next("session_start");
  // Its tmux name was never told: it is known by the first characters of the id.
  daemon.send({ type: "session_started", session_id: second.session_id });
  const [named, anonymous] = [await byName, await byId];

  await daemon.cut();
  await until(() => named.status === "disconnected" && anonymous.status === "disconnected");
  await daemon.open();
  daemon.send({ type: "auth", api_key: server.apiKey });
  daemon.send({ type: "session_recovered", tmux_name: "orc-renamed", pid: 7 });
  const implied = `orc-${anonymous.id.slice(0, 12)}`;
  // One that was not acknowledged in time comes back under its tmux name as its id.
  daemon.send({ type: "session_started", session_id: implied, tmux_name: implied, recovered: true });
  await daemon.endInventory();

  expect(await daemon.next("session_recovered_ack")).toMatchObject({ session_id: named.id, tmux_name: "orc-renamed" });
  expect(await daemon.next("session_resize")).toMatchObject({ session_id: named.id, cols: 100, rows: 30 });
  expect(await daemon.next("session_recovered_ack")).toMatchObject({ session_id: anonymous.id, tmux_name: implied });
  await until(() => named.status === "active" && anonymous.status === "active");
  await links.settled();
  expect(await links.row(anonymous.id)).toMatchObject({ tmux_name: implied });
});

test("a recovered terminal that ended for the hub, or that it never knew, is closed", async () => {
  const { daemon, session } = await links.stage();
  daemon.exit(session.id);
  await until(() => session.status === "closed");
  const tmux_name = `orc-${session.id.slice(0, 12)}`;
  daemon.send({ type: "session_recovered", tmux_name });
  expect(await daemon.next("session_recovered_ack")).toMatchObject({ session_id: session.id, tmux_name });
  expect((await daemon.next("session_close")).session_id).toBe(session.id);
  daemon.send({ type: "session_recovered", tmux_name: "orc-unheard-of" });
  expect((await daemon.next("session_close")).session_id).toBe("orc-unheard-of");
  await daemon[Symbol.asyncDispose]();
});

test("a session that is starting while the daemon reports is not lost", async () => {
  const projectId = await links.addProject();
  const server = await links.addServer(projectId);
  await using daemon = links.daemon(server.apiKey, { answers: false });
  await daemon.open();
  daemon.send({ type: "auth", api_key: server.apiKey });
  await daemon.next("auth_ok");
  const starting = links.session(projectId, server.id);
  const { session_id } = await daemon.next("session_start");
  await daemon.endInventory();
  await links.settled();
  expect(links.sessions.get(session_id)?.status).toBe("starting");
  daemon.send({ type: "session_started", session_id });
  expect((await starting).status).toBe("active");
});

test("the hub's restart finds its sessions again, and does not take old offsets for its own", async () => {
  await using own = await createTestDatabase();
  const before = await startTestLinks(own.url);
  const { daemon, server, session } = await before.stage();
  daemon.output(session.id, "before");
  await until(() => session.output.end === 6);
  const { terminals } = daemon;
  await daemon.cut();
  await until(() => session.status === "disconnected");
  await before[Symbol.asyncDispose]();

  await using after = await startTestLinks(own.url);
  const again = after.sessions.get(session.id);
  expect(again).toMatchObject({ status: "disconnected", number: session.number, name: session.name });
  await using returned = after.daemon(server.apiKey);
  for (const [id, terminal] of terminals) returned.terminals.set(id, terminal);
  await returned.connect();
  await until(() => again?.status === "active");
  returned.output(session.id, "after");
  await until(() => again?.output.has(session.output.end) === false && again.output.end > again.output.start);
  expect(again?.output.since(session.output.end).bytes.toString()).toBe("after");
});
