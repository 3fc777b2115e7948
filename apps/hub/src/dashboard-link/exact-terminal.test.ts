import { randomBytes } from "node:crypto";
import { CATCH_UP_BYTES } from "@orchestratia/protocol/server-link";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ExactDaemon } from "../testing/exact-daemon.ts";
import { FakeViewer } from "../testing/fake-viewer.ts";
import { createTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import { startTestLinks, type TestLinks } from "../testing/test-links.ts";
import { until } from "../testing/until.ts";

const KIB = 1024;

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

/** One session on a version 2 daemon, and a member who may look at it. */
async function exactTerminal() {
  const { daemon, session, projectId } = await links.exactStage();
  const { token } = await links.addPerson(projectId);
  return {
    daemon,
    session,
    projectId,
    token,
    viewer: () => links.viewer(token),
    print: (data: string | Uint8Array) => daemon.print(session.id, data),
    asked: (type: "session_watch" | "session_unwatch" | "session_snapshot") => framesOf(daemon, type),
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
}

const framesOf = (daemon: ExactDaemon, type: string) => daemon.frames.filter((frame) => frame.type === type);

const snapshotsOf = (viewer: FakeViewer) =>
  viewer.terminal.flatMap((event) => (event.kind === "snapshot" ? [event] : []));

const textOf = (event: { snapshot: { text: Uint8Array } } | undefined) =>
  Buffer.from(event?.snapshot.text ?? []).toString();

test("output is asked for when the first viewer comes, and no more when the last has gone", async () => {
  await using it = await exactTerminal();
  it.print("before");
  const first = await it.viewer();
  const second = await it.viewer();
  await first.attach(it.session.id);
  await until(() => snapshotsOf(first).length === 1);
  expect(textOf(snapshotsOf(first)[0])).toBe("before");
  await second.attach(it.session.id);
  it.print(" after");
  await until(() => first.offset === 12 && second.offset === 12);
  expect(it.asked("session_watch")).toMatchObject([{ from: null }]);
  await first[Symbol.asyncDispose]();
  it.print("!");
  await until(() => second.offset === 13);
  expect(it.asked("session_unwatch")).toEqual([]);
  await second[Symbol.asyncDispose]();
  await until(() => it.asked("session_unwatch").length === 1);
});

test("whoever comes back gets exactly the missing bytes: the window's, or the daemon's", async () => {
  await using it = await exactTerminal();
  const all = randomBytes(150_000);
  it.print(all.subarray(0, 50_000));
  const first = await it.viewer();
  await first.attach(it.session.id);
  await until(() => first.offset === 50_000);
  await first[Symbol.asyncDispose]();
  await until(() => it.asked("session_unwatch").length === 1);
  // Nobody watches: the hub hears nothing of this.
  it.print(all.subarray(50_000, 100_000));
  const second = await it.viewer();
  expect((await second.attach(it.session.id, { offset: 50_000 })).offset).toBe(50_000);
  await until(() => second.offset === 100_000);
  it.print(all.subarray(100_000));
  await until(() => second.offset === 150_000);
  expect(second.output.equals(all.subarray(50_000))).toBe(true);
  await using third = await it.viewer();
  await third.attach(it.session.id, { offset: 70_000 });
  await until(() => third.offset === 150_000);
  expect(third.output.equals(all.subarray(70_000))).toBe(true);
  await second[Symbol.asyncDispose]();
});

test("an offset that the hub never had is asked of the daemon", async () => {
  await using it = await exactTerminal();
  it.print(randomBytes(90_000));
  await using viewer = await it.viewer();
  expect((await viewer.attach(it.session.id, { offset: 60_000 })).offset).toBe(60_000);
  await until(() => viewer.offset === 90_000);
  expect(it.asked("session_watch")).toMatchObject([{ from: 60_000 }]);
  expect([viewer.output.length, snapshotsOf(viewer).length]).toEqual([30_000, 0]);
});

test("who is too far behind starts from a snapshot, which is asked for once however many wait", async () => {
  await using it = await exactTerminal();
  await using first = await it.viewer();
  await first.attach(it.session.id);
  for (let n = 0; n < 20; n += 1) it.print(randomBytes(32 * KIB));
  await until(() => first.offset === 640 * KIB);
  const before = it.asked("session_snapshot").length;
  const late = await Promise.all([it.viewer(), it.viewer(), it.viewer()]);
  it.daemon.stall();
  await Promise.all(late.map((viewer) => viewer.attach(it.session.id, { offset: 640 * KIB - CATCH_UP_BYTES - 1 })));
  it.daemon.goOn();
  it.print("the end");
  for (const viewer of late) {
    await until(() => viewer.offset === 640 * KIB + 7);
    expect(snapshotsOf(viewer)).toHaveLength(1);
  }
  expect(it.asked("session_snapshot")).toHaveLength(before + 1);
  // The next one takes what the others were sent.
  await using last = await it.viewer();
  await last.attach(it.session.id);
  await until(() => last.offset === 640 * KIB + 7);
  expect(it.asked("session_snapshot")).toHaveLength(before + 1);
  await Promise.all(late.map((viewer) => viewer[Symbol.asyncDispose]()));
});

test("while the daemon is away a viewer gets what the hub has, and what was missed when it is back", async () => {
  await using it = await exactTerminal();
  await using early = await it.viewer();
  await early.attach(it.session.id);
  it.print("seen ");
  await until(() => early.offset === 5);
  await it.daemon.cut();
  await until(() => it.session.status === "disconnected");
  await using late = await it.viewer();
  await late.attach(it.session.id);
  await until(() => late.offset === 5);
  it.print("unseen ");
  await it.daemon.connect();
  it.print("live");
  await until(() => early.offset === 16 && late.offset === 16);
  expect(early.output.toString()).toBe("seen unseen live");
  expect(snapshotsOf(early).length).toBeLessThanOrEqual(1);
});

test("who waits for a snapshot when the link breaks gets what the hub has, and the rest when it is back", async () => {
  await using it = await exactTerminal();
  await using early = await it.viewer();
  await early.attach(it.session.id);
  for (let n = 0; n < 10; n += 1) it.print(randomBytes(32 * KIB));
  await until(() => early.offset === 320 * KIB);
  it.daemon.stall();
  await using late = await it.viewer();
  await late.attach(it.session.id, { offset: 0 });
  expect(late.terminal).toEqual([]);
  await it.daemon.cut();
  await until(() => late.offset === 320 * KIB);
  it.print("and on");
  await it.daemon.connect();
  await until(() => early.offset === 320 * KIB + 6 && late.offset === 320 * KIB + 6);
  expect(early.output.equals(late.output.subarray(-early.output.length))).toBe(true);
});

test("a session that ended is shown as it was left", async () => {
  await using it = await exactTerminal();
  const early = await it.viewer();
  await early.attach(it.session.id);
  it.print("last words");
  await until(() => early.offset === 10);
  it.daemon.exit(it.session.id);
  await until(() => it.session.status === "closed");
  await early[Symbol.asyncDispose]();
  await using late = await it.viewer();
  await late.attach(it.session.id);
  await until(() => late.offset === 10);
  expect(textOf(snapshotsOf(late)[0]) + late.output.toString()).toBe("last words");
});

test("sizes come between the bytes that they stand between, live and in catch-up", async () => {
  await using it = await exactTerminal();
  await using live = await it.viewer();
  await live.attach(it.session.id);
  it.print("wide ");
  it.daemon.resize(it.session.id, 40, 10);
  it.print("narrow ");
  it.daemon.resize(it.session.id, 132, 50);
  it.print("wider");
  await until(() => live.offset === 17);
  await using late = await it.viewer();
  expect(await late.attach(it.session.id, { offset: 0 })).toMatchObject({ offset: 0 });
  await until(() => late.offset === 17);
  const told = (viewer: FakeViewer) =>
    viewer.terminal
      .filter(({ kind }) => kind !== "snapshot")
      .map((event) =>
        event.kind === "output" ? Buffer.from(event.bytes).toString() : Object.values(event).slice(1, 3),
      );
  const expected = ["wide ", [40, 10], "narrow ", [132, 50], "wider"];
  expect(told(live)).toEqual(expected);
  expect(told(late)).toEqual(expected);
});

test("a driver that acknowledges sets the daemon's pace, until it stalls for a second; a spectator never does", async () => {
  await using it = await exactTerminal();
  await using driver = await it.viewer();
  await using spectator = await it.viewer();
  await driver.attach(it.session.id, { mode: "drive" });
  await spectator.attach(it.session.id);
  const ack = (viewer: FakeViewer, offset: number) => viewer.send({ type: "ack", session_id: it.session.id, offset });
  it.print(randomBytes(40 * KIB));
  await until(() => driver.offset === 40 * KIB && spectator.offset === 40 * KIB);
  ack(spectator, 0);
  ack(driver, 40 * KIB);
  await until(() => it.daemon.terminal(it.session.id).acked === 40 * KIB);
  it.print(randomBytes(360 * KIB));
  await until(() => driver.offset === 168 * KIB);
  ack(driver, 100 * KIB);
  await until(() => driver.offset === 228 * KIB);
  expect(it.daemon.terminal(it.session.id).acked).toBe(100 * KIB);
  await until(() => driver.offset === 400 * KIB && spectator.offset === 400 * KIB);
});

test("who asked for base64 gets snapshots as text", async () => {
  await using it = await exactTerminal();
  it.print("screen");
  await using viewer = await FakeViewer.open(links.url);
  viewer.send({ type: "auth", token: it.token, encoding: "base64" });
  await viewer.attach(it.session.id);
  expect(await viewer.next("snapshot")).toMatchObject({
    session_id: it.session.id,
    offset: 6,
    cols: 80,
    rows: 24,
    screen: Buffer.from("screen").toString("base64"),
  });
});
