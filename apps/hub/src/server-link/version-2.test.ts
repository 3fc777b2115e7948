import { afterAll, beforeAll, expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { closeSession } from "../sessions/close-session.ts";
import { typeIntoSession } from "../sessions/type-into-session.ts";
import { createTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import { startTestLinks, type TestLinks } from "../testing/test-links.ts";
import { until } from "../testing/until.ts";

let database: TestDatabase;
let links: TestLinks;

beforeAll(async () => {
  database = await createTestDatabase();
  links = await startTestLinks(database.url);
});
afterAll(async () => {
  await links[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const shown = ({ output }: { output: { since(offset: number): { bytes: Buffer } } }, from: number) =>
  output.since(from).bytes.toString();

test("a daemon that asks for version 2 is welcomed in it, with the hub's time, and told its session's number", async () => {
  const { daemon, session } = await links.exactStage();
  const [welcome] = daemon.frames;
  expect(welcome).toMatchObject({ type: "auth_ok", protocol: 2 });
  expect(Math.abs(Date.now() - Date.parse(String(welcome && "hub_time" in welcome && welcome.hub_time)))).toBeLessThan(
    60_000,
  );
  expect(await daemon.next("session_start")).toMatchObject({ session_id: session.id, number: session.number });
  expect(session.feed.isExact).toBe(true);
  await daemon[Symbol.asyncDispose]();
});

test("nothing is sent while nobody watches; a watcher gets the bytes from where it wants them", async () => {
  const { daemon, session } = await links.exactStage();
  daemon.print(session.id, "before anybody looks, ");
  session.feed.watch(7);
  await until(() => session.output.end === 22);
  expect(session.output.start).toBe(7);
  daemon.print(session.id, "and then");
  await until(() => session.output.end === 30);
  expect(shown(session, 7)).toBe("anybody looks, and then");
  session.feed.unwatch();
  await daemon.next("session_unwatch");
  daemon.print(session.id, " nobody");
  const snapshot = await session.feed.freshSnapshot(5_000);
  expect(snapshot).toMatchObject({ offset: 37, cols: 80, rows: 24 });
  expect(Buffer.from(snapshot?.text ?? []).toString()).toBe("before anybody looks, and then nobody");
  await daemon[Symbol.asyncDispose]();
});

test("a link that breaks while somebody watches goes on at the byte where it broke", async () => {
  const { daemon, session } = await links.exactStage();
  session.feed.watch(0);
  daemon.print(session.id, "first ");
  await until(() => session.output.end === 6);
  await daemon.cut();
  await until(() => session.status === "disconnected");
  expect(session.feed.isExact).toBe(false);
  daemon.print(session.id, "unheard ");
  await daemon.connect();
  daemon.print(session.id, "and live");
  await until(() => session.output.end === 22);
  expect(shown(session, 0)).toBe("first unheard and live");
  await daemon[Symbol.asyncDispose]();
});

test("a daemon stops a window ahead of what was consumed", async () => {
  const { daemon, session } = await links.exactStage();
  session.feed.watch(0);
  daemon.print(session.id, Buffer.alloc(300_000, "x"));
  await until(() => session.output.end === 128 * 1024);
  session.feed.consumed(100_000);
  await until(() => session.output.end === 100_000 + 128 * 1024);
  session.feed.consumed(session.output.end);
  await until(() => session.output.end === 300_000);
  await daemon[Symbol.asyncDispose]();
});

test("input is bytes, in pieces that leave room for other frames", async () => {
  const { daemon, session } = await links.exactStage();
  const paste = Buffer.from(Array.from({ length: 150_000 }, (_, at) => at % 251));
  typeIntoSession(links.sessionHub, session, paste);
  await until(() => Buffer.concat(daemon.terminal(session.id).typed).length === paste.length);
  expect(Buffer.concat(daemon.terminal(session.id).typed).equals(paste)).toBe(true);
  expect(daemon.terminal(session.id).typed.length).toBeGreaterThan(1);
  await daemon[Symbol.asyncDispose]();
});

test("the inventory takes up what runs, ends what ended, closes what should have, and finds what is lost", async () => {
  const { daemon, session: runs, projectId, server } = await links.exactStage({ agentStatus: "working" });
  const [ended, unwanted, gone] = (await Promise.all(
    [1, 2, 3].map(() => links.session(projectId, server.id)) as [never, never, never],
  )) as (typeof runs)[];
  if (!ended || !unwanted || !gone) throw new Error("not started");
  await daemon.cut();
  await until(() => [runs, ended, unwanted, gone].every(({ status }) => status === "disconnected"));
  daemon.print(ended.id, "last words");
  daemon.exit(ended.id, 3);
  daemon.forget(gone.id);
  await closeSession(links.sessionHub, SYSTEM, unwanted.id);
  const answer = await daemon.connect();
  expect(answer.sessions.map(({ session_id, number }) => [session_id, number]).sort()).toEqual(
    [runs, ended].map(({ id, number }) => [id, number]).sort(),
  );
  await until(() => gone.status === "lost");
  expect(runs).toMatchObject({ status: "active", agentStatus: "working" });
  await until(() => !daemon.terminals.has(ended.id));
  expect(await links.row(ended.id)).toMatchObject({ status: "closed", exit_code: 3 });
  await daemon[Symbol.asyncDispose]();
});

test("an end whose acknowledgement was lost is told again, and acknowledged again", async () => {
  const { daemon, session } = await links.exactStage();
  daemon.exit(session.id, 0);
  await until(async () => (await links.row(session.id)).status === "closed");
  await daemon.cut();
  const terminal = { number: session.number, pid: 1, printed: Buffer.from("x"), typed: [], sent: undefined, acked: 0 };
  daemon.terminals.set(session.id, { ...terminal, exit: { exit_code: 0, offset: 1 } });
  const answer = await daemon.connect();
  expect(answer.sessions).toEqual([{ session_id: session.id, number: session.number, recorded: 0 }]);
  await daemon.next("session_closed_ack");
  expect(await links.row(session.id)).toMatchObject({ status: "closed", exit_code: 0 });
  await daemon[Symbol.asyncDispose]();
});

test("an end that a link missed is acknowledged behind the last bytes, so that those who watch have them", async () => {
  const { daemon, session } = await links.exactStage();
  session.output.listen({ onOutput: () => session.feed.consumed(session.output.end) });
  session.feed.watch(0);
  daemon.print(session.id, "first ");
  await until(() => session.output.end === 6);
  await daemon.cut();
  await until(() => session.status === "disconnected");
  const last = "last ".repeat(60_000);
  daemon.print(session.id, last);
  daemon.exit(session.id);
  await daemon.connect();
  // It comes behind the bytes.
  await daemon.next("session_snapshot");
  await daemon.next("session_closed_ack");
  expect(shown(session, 0)).toBe(`first ${last}`);
  await daemon[Symbol.asyncDispose]();
});

test("nobody speaks for another server's session, in bytes neither", async () => {
  const { daemon, session } = await links.exactStage();
  const other = await links.exactStage();
  other.daemon.terminals.set(session.id, { ...daemon.terminal(session.id) });
  other.daemon.sendBytes(1, session.id, 0, Buffer.from("forged"));
  other.daemon.exit(session.id, 0);
  await other.daemon.next("session_closed_ack");
  expect([session.output.end, session.status]).toEqual([0, "active"]);
  await daemon[Symbol.asyncDispose]();
  await other.daemon[Symbol.asyncDispose]();
});
