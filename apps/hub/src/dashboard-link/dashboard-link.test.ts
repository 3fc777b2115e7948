import { randomUUID } from "node:crypto";
import { CLOSE_CODES } from "@orchestratia/protocol/server-link";
import { afterAll, beforeAll, expect, test } from "vitest";
import { secretHash } from "../access/secret-hash.ts";
import { FakeViewer } from "../testing/fake-viewer.ts";
import { createTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import { startTestLinks, type TestLinks } from "../testing/test-links.ts";
import { until } from "../testing/until.ts";

let database: TestDatabase;
let links: TestLinks;

beforeAll(async () => {
  database = await createTestDatabase();
  links = await startTestLinks(database.url, { dashboard: { authMs: 300 } });
});
afterAll(async () => {
  await links[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

test("a cookie signs in, if the page is our own", async () => {
  const person = await links.addPerson();
  await using own = await FakeViewer.open(links.url, { cookie: person.cookie, origin: links.url });
  expect(await own.next("auth_ok")).toMatchObject({ user: { id: person.id, name: person.name } });
  await using foreign = await FakeViewer.open(links.url, { cookie: person.cookie, origin: "https://evil.example" });
  expect((await foreign.closed).code).toBe(CLOSE_CODES.forbidden);
  expect(foreign.frames).toEqual([]);
});

test("a cookie that counts no more leaves the first message to sign in", async () => {
  const person = await links.addPerson();
  await using viewer = await FakeViewer.open(links.url, { cookie: "orc_test=stale", origin: links.url });
  viewer.send({ type: "auth", token: person.token });
  expect((await viewer.next("auth_ok")).user.id).toBe(person.id);
});

test("what follows the first message at once is served once it is known who sent it", async () => {
  const projectId = await links.addProject();
  const person = await links.addPerson(projectId);
  await using viewer = await FakeViewer.open(links.url);
  viewer.send({ type: "auth", token: person.token });
  viewer.send({ type: "subscribe", topic: `project:${projectId}` });
  await viewer.next("caught_up");
  expect(viewer.frames.map(({ type }) => type)).toEqual(["auth_ok", "caught_up"]);
});

test("who says nothing is closed with 4408 and logged once", async () => {
  const from = links.lines.length;
  await using viewer = await FakeViewer.open(links.url);
  expect((await viewer.closed).code).toBe(CLOSE_CODES.authTimeout);
  expect(links.lines.slice(from)).toHaveLength(1);
});

test.each([
  ["a token that opens nothing", JSON.stringify({ type: "auth", token: "orct_no" }), CLOSE_CODES.unauthenticated],
  ["another frame first", JSON.stringify({ type: "subscribe", topic: "inbox" }), CLOSE_CODES.unauthenticated],
  ["an unknown frame first", JSON.stringify({ type: "hello" }), CLOSE_CODES.unauthenticated],
  ["no JSON", "hello", CLOSE_CODES.badFrame],
  ["JSON that is no object", "null", CLOSE_CODES.badFrame],
  ["bytes", Buffer.alloc(20), CLOSE_CODES.badFrame],
])("%s is refused and logged once", async (_, first, code) => {
  const from = links.lines.length;
  await using viewer = await FakeViewer.open(links.url);
  viewer.sendRaw(first);
  expect((await viewer.closed).code).toBe(code);
  expect(viewer.frames).toEqual([]);
  expect(links.lines.slice(from)).toHaveLength(1);
});

test("a server's key and a session's token do not open the people's door", async () => {
  const { apiKey } = await links.addServer(await links.addProject());
  await using viewer = await FakeViewer.open(links.url);
  viewer.send({ type: "auth", token: apiKey });
  expect((await viewer.closed).code).toBe(CLOSE_CODES.unauthenticated);
});

test.each([
  ["no JSON", "hello"],
  ["a known type in a wrong form", JSON.stringify({ type: "subscribe", topic: "everything" })],
  ["bytes without a header", Buffer.alloc(5)],
])("after sign-in %s closes the connection, and unknown types are passed over", async (_, junk) => {
  const person = await links.addPerson();
  await using viewer = await links.viewer(person.token);
  viewer.sendRaw(JSON.stringify({ type: "wish", for: "the future" }));
  viewer.send({ type: "subscribe", topic: "inbox" });
  await viewer.next("caught_up");
  const from = links.lines.length;
  viewer.sendRaw(junk);
  expect((await viewer.closed).code).toBe(CLOSE_CODES.badFrame);
  expect(links.lines.slice(from)).toHaveLength(1);
});

test("a frame of more than half a megabyte is cut off, before it has arrived", async () => {
  const person = await links.addPerson();
  await using viewer = await links.viewer(person.token);
  viewer.sendRaw(Buffer.alloc(20_000_000));
  expect((await viewer.closed).code).toBe(CLOSE_CODES.tooBig);
  await using other = await links.viewer(person.token);
  expect(other.frames).toHaveLength(1);
});

test("other people's projects, tasks and sessions do not exist", async () => {
  const { daemon, session, projectId } = await links.stage();
  const stranger = await links.addPerson(await links.addProject());
  await using viewer = await links.viewer(stranger.token);
  const codes: unknown[] = [];
  const nonsense = `task:${"-".repeat(36)}`;
  for (const topic of [`project:${projectId}`, `session:${session.id}`, `task:${randomUUID()}`, nonsense]) {
    viewer.send({ type: "subscribe", topic });
    const { problem } = await viewer.next("problem");
    codes.push([problem.topic, problem.type]);
  }
  viewer.send({ type: "attach", session_id: session.id, cols: 80, rows: 24 });
  codes.push((await viewer.next("problem", (frame) => frame.session_id === session.id)).problem.type);
  viewer.send({ type: "session_input", session_id: session.id, data: "bHM=" });
  codes.push((await viewer.next("problem")).problem.type);
  const problem = (code: string) => `urn:orchestratia:problem:${code}`;
  expect(codes).toEqual([
    [`project:${projectId}`, problem("project_not_found")],
    [`session:${session.id}`, problem("session_not_found")],
    [expect.stringMatching(/^task:/), problem("task_not_found")],
    [nonsense, problem("task_not_found")],
    problem("session_not_found"),
    problem("forbidden"),
  ]);
  await daemon[Symbol.asyncDispose]();
});

test("a sign-in that ends, and a right that is taken away, end what stood on them", async () => {
  await using own = await createTestDatabase();
  await using hub = await startTestLinks(own.url, { dashboard: { checkMs: 50 } });
  const { daemon, session, projectId } = await hub.stage();
  const member = await hub.addPerson(projectId);
  await using viewer = await hub.viewer(member.token);
  await viewer.attach(session.id, { mode: "drive" });
  await hub.sql.query("delete from project_members where user_id = $1", [member.id]);
  await viewer.next("problem", (frame) => frame.session_id === session.id);
  daemon.output(session.id, "secret");
  await until(() => session.output.end === 6);
  expect(viewer.output.length).toBe(0);

  await hub.sql.query("update hub.access_tokens set revoked_at = now() where user_id = $1", [member.id]);
  hub.identities.forget(secretHash(member.token));
  expect((await viewer.closed).code).toBe(CLOSE_CODES.unauthenticated);
  await daemon[Symbol.asyncDispose]();
});
