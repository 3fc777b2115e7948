import { randomUUID } from "node:crypto";
import { CLOSE_CODES } from "@orchestratia/protocol/server-link";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import { startTestLinks, type TestLinks } from "../testing/test-links.ts";
import { until } from "../testing/until.ts";

let database: TestDatabase;
let links: TestLinks;

beforeAll(async () => {
  database = await createTestDatabase();
  links = await startTestLinks(database.url, { server: { authMs: 300 } });
});
afterAll(async () => {
  await links[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** What was logged since. */
function watchLog(): () => Record<string, unknown>[] {
  const from = links.lines.length;
  return () => links.lines.slice(from);
}

test("auth_ok is the first frame, and the server is connected", async () => {
  const { id, apiKey } = await links.addServer(await links.addProject());
  await using daemon = links.daemon(apiKey);
  expect(links.connections.isConnected(id)).toBe(false);
  await daemon.connect();
  expect(daemon.frames[0]?.type).toBe("auth_ok");
  expect(links.connections.isConnected(id)).toBe(true);
});

test("what is sent to a server the moment it connects comes behind auth_ok", async () => {
  const { id, apiKey } = await links.addServer(await links.addProject());
  const stop = links.connections.onChange((serverId, connected) => {
    if (serverId === id && connected) links.connections.send(id, { type: "session_close", session_id: "x" });
  });
  await using daemon = links.daemon(apiKey);
  await daemon.connect();
  await daemon.next("session_close");
  stop();
  expect(daemon.frames.map(({ type }) => type)).toEqual(["auth_ok", "session_close"]);
});

test("who says nothing is closed with 4408 and logged once", async () => {
  const logged = watchLog();
  await using daemon = links.daemon("orc_unused");
  await daemon.open();
  expect((await daemon.closed).code).toBe(CLOSE_CODES.authTimeout);
  expect(logged()).toHaveLength(1);
});

test.each([
  ["a wrong key", JSON.stringify({ type: "auth", api_key: "orc_wrong" }), CLOSE_CODES.unauthenticated],
  ["a session's token as key", JSON.stringify({ type: "auth", api_key: "orcs_wrong" }), CLOSE_CODES.unauthenticated],
  [
    "another frame first",
    JSON.stringify({ type: "session_output", session_id: "a", data: "" }),
    CLOSE_CODES.unauthenticated,
  ],
  ["an unknown frame first", JSON.stringify({ type: "hello" }), CLOSE_CODES.unauthenticated],
  ["no JSON", "hello", CLOSE_CODES.badFrame],
  ["JSON that is no object", "[]", CLOSE_CODES.badFrame],
  ["bytes", Buffer.from([1, 2, 3]), CLOSE_CODES.badFrame],
])("%s is refused, logged once, and harms nobody else", async (_, first, code) => {
  const { apiKey } = await links.addServer(await links.addProject());
  await using other = links.daemon(apiKey);
  await other.connect();
  const logged = watchLog();
  await using daemon = links.daemon("unused");
  await daemon.open();
  daemon.sendRaw(first);
  expect((await daemon.closed).code).toBe(code);
  expect(daemon.frames).toEqual([]);
  expect(logged()).toHaveLength(1);
  await other.endInventory();
});

test("a first frame of a megabyte is cut off", async () => {
  const logged = watchLog();
  await using daemon = links.daemon("unused");
  await daemon.open();
  daemon.sendRaw(JSON.stringify({ type: "auth", api_key: "x".repeat(1_000_000) }));
  expect((await daemon.closed).code).toBe(CLOSE_CODES.tooBig);
  expect(logged()).toHaveLength(1);
});

test("a newer connection takes over; the late end of the older one changes nothing", async () => {
  const { id, apiKey } = await links.addServer(await links.addProject());
  await using older = links.daemon(apiKey);
  await using newer = links.daemon(apiKey);
  await older.connect();
  const changes: boolean[] = [];
  const stop = links.connections.onChange((serverId, connected) => {
    if (serverId === id) changes.push(connected);
  });
  await newer.connect();
  expect((await older.closed).code).toBe(CLOSE_CODES.superseded);
  await links.settled();
  stop();
  expect(changes).toEqual([true]);
  expect(links.connections.isConnected(id)).toBe(true);
  links.connections.send(id, { type: "session_close", session_id: "for the newer" });
  expect((await newer.next("session_close")).session_id).toBe("for the newer");
});

test("after sign-in: unknown types are passed over, bad forms logged once, and no JSON closes the link", async () => {
  const { id, apiKey } = await links.addServer(await links.addProject());
  await using daemon = links.daemon(apiKey);
  await daemon.connect();
  const logged = watchLog();
  daemon.sendRaw(JSON.stringify({ type: "news", from: "the future" }));
  daemon.sendRaw(JSON.stringify({ type: "session_output", session_id: 7 }));
  daemon.sendRaw(JSON.stringify({ type: "session_closed" }));
  // A daemon may speak of sessions by any name.
  daemon.output("not-a-uuid", "hello");
  daemon.exit("orc-123456789abc");
  await daemon.endInventory();
  expect(logged()).toHaveLength(1);
  daemon.sendRaw("junk");
  expect((await daemon.closed).code).toBe(CLOSE_CODES.badFrame);
  expect(logged()).toHaveLength(1);
  await until(() => !links.connections.isConnected(id));
});

test("connecting and disconnecting are recorded, a takeover is neither", async () => {
  const { id, apiKey } = await links.addServer(await links.addProject());
  const older = links.daemon(apiKey);
  const newer = links.daemon(apiKey);
  await older.connect();
  await newer.connect();
  await older.closed;
  await newer.cut();
  await until(() => !links.connections.isConnected(id));
  await links.settled();
  const facts = await links.sql.query<{ event_type: string }>(
    "select event_type from activity_log where server_id = $1 order by seq",
    [id],
  );
  expect(facts.map(({ event_type }) => event_type)).toEqual(["server.connected", "server.disconnected"]);
});

test("a task too large for a version 1 link loses what can be read by REST, the largest first", async () => {
  const { id, apiKey } = await links.addServer(await links.addProject());
  await using daemon = links.daemon(apiKey);
  await daemon.connect();
  const task = {
    type: "task_assigned" as const,
    session_id: randomUUID(),
    task_id: randomUUID(),
    title: "Large",
    version: 1,
    priority: "normal",
    require_plan: false,
  };
  const large = "x".repeat(300_000);
  expect(links.connections.send(id, { ...task, spec: large, resolved_inputs: { large } })).toBe(true);
  const lean = await daemon.next("task_assigned");
  expect([lean.spec, lean.resolved_inputs]).toEqual([large, undefined]);
  expect(links.connections.send(id, { ...task, spec: large + large, structured_spec: {} })).toBe(true);
  const leanest = await daemon.next("task_assigned");
  expect([leanest.spec, leanest.structured_spec]).toEqual([undefined, undefined]);
});

test("a daemon that gives no sign of life is dropped", async () => {
  await using own = await createTestDatabase();
  await using hub = await startTestLinks(own.url, { pingMs: 100 });
  const { id, apiKey } = await hub.addServer(await hub.addProject());
  const other = await hub.addServer(await hub.addProject());
  await using daemon = hub.daemon(apiKey);
  await using alive = hub.daemon(other.apiKey);
  await daemon.connect();
  await alive.connect();
  daemon.stall();
  await until(() => !hub.connections.isConnected(id));
  expect(hub.connections.isConnected(other.id)).toBe(true);
});

test("a daemon that does not read is cut off before much is kept for it", async () => {
  const { id, apiKey } = await links.addServer(await links.addProject());
  await using daemon = links.daemon(apiKey);
  await daemon.connect();
  daemon.stall();
  const from = links.lines.length;
  const data = "A".repeat(400_000);
  let sent = 0;
  while (links.connections.send(id, { type: "session_input", session_id: "x", data })) sent += data.length;
  expect(sent).toBeLessThan(30_000_000);
  expect(links.connections.isConnected(id)).toBe(false);
  expect(links.lines.slice(from)).toHaveLength(1);
});
