import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FakeViewer } from "../testing/fake-viewer.ts";
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

const typed = (data: string) => Buffer.from(data, "base64").toString();

test("a viewer gets what was printed before, then what is printed, byte for byte", async () => {
  const { daemon, session, projectId } = await links.stage();
  const person = await links.addPerson(projectId, "viewer");
  const before = randomBytes(200_000);
  for (let at = 0; at < before.length; at += 4096) daemon.output(session.id, before.subarray(at, at + 4096));
  await until(() => session.output.end === before.length);
  await using viewer = await links.viewer(person.token);
  expect(await viewer.attach(session.id)).toMatchObject({ number: session.number, offset: 0, cols: 120, rows: 40 });
  const after = randomBytes(300_000);
  for (let at = 0; at < after.length; at += 3000) daemon.output(session.id, after.subarray(at, at + 3000));
  const printed = await viewer.printed(500_000);
  expect(printed.equals(Buffer.concat([before, after]))).toBe(true);
  await daemon[Symbol.asyncDispose]();
});

test("a viewer that comes back says its last offset and gets exactly what is missing", async () => {
  const { daemon, session, projectId } = await links.stage();
  const person = await links.addPerson(projectId);
  const first = await links.viewer(person.token);
  await first.attach(session.id);
  const all = randomBytes(400_000);
  const feed = (from: number, to: number) => {
    for (let at = from; at < to; at += 4000) daemon.output(session.id, all.subarray(at, Math.min(at + 4000, to)));
  };
  feed(0, 150_000);
  await first.printed(1);
  // Cut in the middle of the flood.
  await first[Symbol.asyncDispose]();
  const seen = Buffer.from(first.output);
  feed(150_000, 300_000);
  await until(() => session.output.end === 300_000);
  await using second = await links.viewer(person.token);
  expect((await second.attach(session.id, { offset: first.offset ?? 0 })).offset).toBe(seen.length);
  feed(300_000, 400_000);
  const rest = await second.printed(400_000 - seen.length);
  expect(Buffer.concat([seen, rest]).equals(all)).toBe(true);
  await daemon[Symbol.asyncDispose]();
});

test("an offset that the window has left, or never had, begins at its start", async () => {
  const { daemon, session, projectId } = await links.stage();
  const person = await links.addPerson(projectId);
  const all = randomBytes(1_500_000);
  for (let at = 0; at < all.length; at += 50_000) daemon.output(session.id, all.subarray(at, at + 50_000));
  await until(() => session.output.end === all.length);
  for (const offset of [10, 9_000_000]) {
    await using viewer = await links.viewer(person.token);
    const attached = await viewer.attach(session.id, { offset });
    expect(attached.offset).toBe(all.length - 1024 * 1024);
    const printed = await viewer.printed(1024 * 1024);
    expect(printed.equals(all.subarray(attached.offset))).toBe(true);
  }
  await daemon[Symbol.asyncDispose]();
});

test("a stalled viewer costs its line's buffer, holds nobody up, and is told where it goes on", async () => {
  const { daemon, session, projectId } = await links.stage();
  const person = await links.addPerson(projectId);
  await using stalled = await links.viewer(person.token);
  await using other = await links.viewer(person.token);
  await stalled.attach(session.id);
  await other.attach(session.id);
  stalled.stall();
  const piece = randomBytes(40_000);
  const pieces = 400;
  for (let n = 0; n < pieces; n += 1) {
    daemon.output(session.id, piece);
    // The other one keeps up, so that it never needs the window.
    if (n % 10 === 9) await until(() => other.offset === (n + 1) * piece.length);
  }
  expect(other.frames.filter(({ type }) => type === "attached")).toHaveLength(1);
  stalled.goOn();
  await until(() => stalled.offset === pieces * piece.length);
  const resyncs = stalled.frames.filter(({ type }) => type === "attached");
  expect(resyncs.length).toBeGreaterThan(1);
  expect(stalled.output.length).toBeLessThan(pieces * piece.length);
  await daemon[Symbol.asyncDispose]();
});

test("who asked for base64 gets the same output as text", async () => {
  const { daemon, session, projectId } = await links.stage();
  const person = await links.addPerson(projectId);
  await using viewer = await FakeViewer.open(links.url);
  viewer.send({ type: "auth", token: person.token, encoding: "base64" });
  daemon.output(session.id, "old ");
  await until(() => session.output.end === 4);
  await viewer.attach(session.id);
  expect(await viewer.next("session_output")).toMatchObject({ session_id: session.id, offset: 0, data: "b2xkIA==" });
  daemon.output(session.id, "new");
  expect(await viewer.next("session_output")).toMatchObject({ offset: 4, data: "bmV3" });
  await daemon[Symbol.asyncDispose]();
});

test("what a driver types reaches the daemon, as bytes or base64, in order, and a large paste whole", async () => {
  const { daemon, session, projectId } = await links.stage();
  const person = await links.addPerson(projectId);
  await using viewer = await links.viewer(person.token);
  // Typed behind the attach, without waiting for its answer.
  viewer.send({ type: "attach", session_id: session.id, cols: 80, rows: 24, mode: "drive" });
  viewer.send({ type: "session_input", session_id: session.id, data: Buffer.from("ls\r").toString("base64") });
  expect(typed((await daemon.next("session_input")).data)).toBe("ls\r");
  viewer.type(session.number, "exit\r");
  expect(await daemon.next("session_input")).toMatchObject({ session_id: session.id, data: "ZXhpdA0=" });
  const paste = "x".repeat(300_000);
  viewer.type(session.number, paste);
  let received = "";
  while (received.length < paste.length) received += typed((await daemon.next("session_input")).data);
  expect(received).toBe(paste);
  await daemon[Symbol.asyncDispose]();
});

test("who may only look cannot type, nor can who only watches", async () => {
  const { daemon, session, projectId } = await links.stage();
  for (const [role, mode] of [
    ["viewer", "drive"],
    ["member", "watch"],
  ] as const) {
    const person = await links.addPerson(projectId, role);
    await using viewer = await links.viewer(person.token);
    await viewer.attach(session.id, { mode, cols: 33 });
    viewer.type(session.number, "rm -rf /\r");
    const { problem, session_id } = await viewer.next("problem");
    expect([problem.type, session_id]).toEqual(["urn:orchestratia:problem:forbidden", session.id]);
    viewer.send({ type: "session_input", session_id: session.id, data: "bHM=" });
    await viewer.next("problem");
    viewer.send({ type: "session_resize", session_id: session.id, cols: 33, rows: 33 });
    await viewer.next("problem");
  }
  await daemon.endInventory();
  expect(session.cols).toBe(120);
  const reached = daemon.frames.map(({ type }) => type);
  expect(reached).not.toContain("session_input");
  expect(reached).not.toContain("session_resize");
  await daemon[Symbol.asyncDispose]();
});

test("a session that ended can still be looked at, but not typed into", async () => {
  const { daemon, session, projectId } = await links.stage();
  const person = await links.addPerson(projectId);
  daemon.output(session.id, "bye");
  daemon.exit(session.id);
  await until(() => session.status === "closed");
  await using viewer = await links.viewer(person.token);
  await viewer.attach(session.id, { mode: "drive" });
  expect((await viewer.printed(3)).toString()).toBe("bye");
  viewer.type(session.number, "hello?");
  expect((await viewer.next("problem")).problem.type).toBe("urn:orchestratia:problem:session_not_live");
  await daemon[Symbol.asyncDispose]();
});

test("typing to a server that is away says so", async () => {
  const { daemon, session, projectId } = await links.stage();
  const person = await links.addPerson(projectId);
  await using viewer = await links.viewer(person.token);
  await viewer.attach(session.id, { mode: "drive" });
  await daemon.cut();
  await until(() => session.status === "disconnected");
  viewer.type(session.number, "hello?");
  expect((await viewer.next("problem")).problem.type).toBe("urn:orchestratia:problem:server_unreachable");
});
