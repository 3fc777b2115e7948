import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FakeDaemon } from "../testing/fake-daemon.ts";
import type { FakeViewer } from "../testing/fake-viewer.ts";
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

/** Two members with a viewer each, at one terminal that nobody drives yet. */
async function twoPeople() {
  const { daemon, session, projectId } = await links.stage();
  const [ann, bob] = [await links.addPerson(projectId), await links.addPerson(projectId)];
  const [anns, bobs] = [await links.viewer(ann.token), await links.viewer(bob.token)];
  const session_id = session.id;
  return {
    daemon,
    session,
    projectId,
    ann,
    bob,
    anns,
    bobs,
    drive: (viewer: FakeViewer, cols: number, rows: number) => viewer.attach(session_id, { mode: "drive", cols, rows }),
    takeOver: (viewer: FakeViewer, cols: number, rows: number) =>
      viewer.send({ type: "take_over", session_id, cols, rows }),
    resize: (viewer: FakeViewer, cols: number, rows: number) =>
      viewer.send({ type: "session_resize", session_id, cols, rows }),
    release: (viewer: FakeViewer) => viewer.send({ type: "release", session_id }),
    async [Symbol.asyncDispose]() {
      await Promise.all([anns, bobs, daemon].map((each) => each[Symbol.asyncDispose]()));
    },
  };
}

const typed = async (daemon: FakeDaemon) => {
  const { data } = await daemon.next("session_input");
  return Buffer.from(data, "base64").toString();
};

const problemOf = async (viewer: FakeViewer) => {
  const { problem } = await viewer.next("problem");
  return problem;
};

test("the first to come in drive mode drives; the next is told who does, and neither types nor sizes", async () => {
  await using it = await twoPeople();
  expect(await it.drive(it.anns, 100, 30)).toMatchObject({ driver: it.ann.name, you: true, cols: 100 });
  expect(await it.daemon.next("session_resize")).toMatchObject({ cols: 100, rows: 30 });
  expect(await it.drive(it.bobs, 90, 20)).toMatchObject({ driver: it.ann.name, you: false, cols: 100, rows: 30 });
  it.bobs.type(it.session.number, "rm -rf /\r");
  expect(await problemOf(it.bobs)).toMatchObject({
    type: "urn:orchestratia:problem:not_the_driver",
    status: 409,
    detail: `${it.ann.name} types into this terminal; take over to type yourself.`,
  });
  it.resize(it.bobs, 33, 33);
  expect((await problemOf(it.bobs)).type).toBe("urn:orchestratia:problem:not_the_driver");
  it.anns.type(it.session.number, "ls\r");
  expect(await typed(it.daemon)).toBe("ls\r");
  expect(it.session.cols).toBe(100);
});

test("a take-over is at once, seen by both, recorded, and gives the terminal the new driver's size", async () => {
  await using it = await twoPeople();
  await it.drive(it.anns, 100, 30);
  await it.daemon.next("session_resize");
  await it.drive(it.bobs, 90, 20);
  it.takeOver(it.bobs, 95, 25);
  expect(await it.bobs.next("driver")).toMatchObject({ user: it.bob.name, you: true });
  expect(await it.anns.next("driver")).toMatchObject({ user: it.bob.name, you: false });
  expect(await it.daemon.next("session_resize")).toMatchObject({ cols: 95, rows: 25 });
  expect(await it.anns.next("resized")).toMatchObject({ cols: 95, rows: 25 });
  it.anns.type(it.session.number, "mine?");
  expect((await problemOf(it.anns)).type).toBe("urn:orchestratia:problem:not_the_driver");
  it.bobs.type(it.session.number, "mine\r");
  expect(await typed(it.daemon)).toBe("mine\r");
  expect(await takeOversOf(it.session.id)).toEqual([
    { details: { from: it.ann.name, to: it.bob.name }, actor: { type: "user", id: it.bob.id, name: it.bob.name } },
  ]);
});

test("of two take-overs at once both are served in their order, and the last one drives", async () => {
  await using it = await twoPeople();
  const third = await links.addPerson(it.projectId);
  await using thirds = await links.viewer(third.token);
  await it.drive(thirds, 80, 24);
  await it.drive(it.anns, 81, 24);
  await it.drive(it.bobs, 82, 24);
  it.takeOver(it.anns, 81, 24);
  it.takeOver(it.bobs, 82, 24);
  await until(async () => (await takeOversOf(it.session.id)).length === 2);
  const [first, last] = await takeOversOf(it.session.id);
  expect(first?.details).toMatchObject({ from: third.name });
  expect(last?.details.from).toBe(first?.details.to);
  await thirds.next("driver", ({ user }) => user === last?.details.to);
  const [driver, other] = last?.details.to === it.ann.name ? [it.anns, it.bobs] : [it.bobs, it.anns];
  await other.next("driver", ({ user }) => user === last?.details.to);
  other.type(it.session.number, "no");
  expect((await problemOf(other)).type).toBe("urn:orchestratia:problem:not_the_driver");
  driver.type(it.session.number, "yes");
  expect(await typed(it.daemon)).toBe("yes");
  await until(() => it.session.cols === (driver === it.anns ? 81 : 82));
});

test("whoever releases or leaves gives the keyboard up, and the next to type has it, at their size", async () => {
  await using it = await twoPeople();
  await it.drive(it.anns, 100, 30);
  await it.drive(it.bobs, 90, 20);
  it.release(it.anns);
  expect(await it.bobs.next("driver")).toMatchObject({ user: null, you: false });
  it.resize(it.bobs, 91, 21);
  it.bobs.type(it.session.number, "ls\r");
  expect(await typed(it.daemon)).toBe("ls\r");
  expect(await it.bobs.next("driver")).toMatchObject({ user: it.bob.name, you: true });
  await until(() => it.session.cols === 91);
  expect((await it.anns.next("driver")).user).toBe(null);
  expect((await it.anns.next("driver")).user).toBe(it.bob.name);
  await it.bobs[Symbol.asyncDispose]();
  expect(await it.anns.next("driver")).toMatchObject({ user: null, you: false });
  it.takeOver(it.anns, 70, 20);
  expect(await it.anns.next("driver", ({ you }) => you)).toMatchObject({ user: it.ann.name });
  // Nobody had it: nothing was taken from anybody.
  expect(await takeOversOf(it.session.id)).toEqual([]);
});

test("who only watches cannot take over, and releasing what one does not have changes nothing", async () => {
  await using it = await twoPeople();
  await it.drive(it.anns, 100, 30);
  await it.bobs.attach(it.session.id, { mode: "watch" });
  it.takeOver(it.bobs, 90, 20);
  expect((await problemOf(it.bobs)).type).toBe("urn:orchestratia:problem:forbidden");
  it.release(it.bobs);
  it.anns.type(it.session.number, "still me");
  expect(await typed(it.daemon)).toBe("still me");
  expect(it.bobs.frames.filter(({ type }) => type === "driver")).toEqual([]);
});

const ownSecret = () => randomUUID();

/** Keeps back the next answer to a named statement, as a slow database would. */
function holdNextAnswer(name: string) {
  const { pool } = links.database;
  const query = pool.query.bind(pool) as (...given: unknown[]) => Promise<unknown>;
  let letGo: (() => void) | undefined;
  const hold = async (...given: unknown[]) => {
    const answer = await query(...given);
    if (letGo || (given[0] as { name?: string }).name !== name) return answer;
    await new Promise<void>((go) => {
      letGo = go;
    });
    return answer;
  };
  Object.assign(pool, { query: hold });
  return {
    get holds() {
      return letGo !== undefined;
    },
    letGo() {
      Object.assign(pool, { query });
      letGo?.();
    },
  };
}

test("who comes back over another link than the silent one has the keyboard again, and the silent one is ended", async () => {
  await using it = await twoPeople();
  const viewer = ownSecret();
  const look = (by: FakeViewer) => by.attach(it.session.id, { mode: "drive", cols: 100, rows: 30, viewer });
  expect(await look(it.anns)).toMatchObject({ you: true });
  await it.drive(it.bobs, 90, 20);
  it.anns.stall();
  await using back = await links.viewer(it.ann.token);
  expect(await look(back)).toMatchObject({ driver: it.ann.name, you: true, cols: 100 });
  it.anns.goOn();
  expect((await it.anns.closed).code).toBe(1006);
  back.type(it.session.number, "again\r");
  expect(await typed(it.daemon)).toBe("again\r");
  it.bobs.type(it.session.number, "mine?");
  expect((await problemOf(it.bobs)).type).toBe("urn:orchestratia:problem:not_the_driver");
  expect(it.bobs.frames.filter((frame) => frame.type === "driver" && frame.user === null)).toEqual([]);
  expect(await takeOversOf(it.session.id)).toEqual([]);
});

test("what was asked over a broken link and is served late takes nothing from the link that came after it", async () => {
  await using it = await twoPeople();
  const viewer = ownSecret();
  const look = { session_id: it.session.id, mode: "drive", cols: 100, rows: 30, viewer } as const;
  await using back = await links.viewer(it.ann.token);
  const held = holdNextAnswer("project_by_id");
  it.anns.send({ type: "attach", ...look });
  await until(() => held.holds);
  expect(await back.attach(it.session.id, look)).toMatchObject({ you: true });
  held.letGo();
  expect(await it.anns.next("attached")).toMatchObject({ driver: it.ann.name, you: false });
  back.type(it.session.number, "still me\r");
  expect(await typed(it.daemon)).toBe("still me\r");
  expect(back.frames.filter(({ type }) => type === "driver")).toEqual([]);
});

test("who comes back to one of two terminals keeps the other one's keyboard until they are back there too", async () => {
  await using it = await twoPeople();
  const other = await links.session(it.projectId, it.session.serverId);
  const viewer = ownSecret();
  const look = (by: FakeViewer, session_id: string) => by.attach(session_id, { mode: "drive", viewer });
  await look(it.anns, it.session.id);
  await look(it.anns, other.id);
  await it.bobs.attach(other.id, { mode: "drive" });
  await using back = await links.viewer(it.ann.token);
  expect(await look(back, it.session.id)).toMatchObject({ you: true });
  it.bobs.type(other.number, "mine?");
  expect((await problemOf(it.bobs)).type).toBe("urn:orchestratia:problem:not_the_driver");
  expect(await look(back, other.id)).toMatchObject({ you: true });
  expect((await it.anns.closed).code).toBe(1006);
  it.bobs.type(other.number, "mine?");
  expect((await problemOf(it.bobs)).type).toBe("urn:orchestratia:problem:not_the_driver");
  expect(it.bobs.frames.filter((frame) => frame.type === "driver" && frame.user === null)).toEqual([]);
});

test("another tab of the same person, and somebody else who says the same, take nothing from whoever types", async () => {
  await using it = await twoPeople();
  const viewer = ownSecret();
  const size = { cols: 100, rows: 30 };
  await it.anns.attach(it.session.id, { mode: "drive", ...size, viewer });
  await using tab = await links.viewer(it.ann.token);
  expect(await tab.attach(it.session.id, { mode: "drive", ...size, viewer: ownSecret() })).toMatchObject({
    you: false,
  });
  expect(await it.bobs.attach(it.session.id, { mode: "drive", ...size, viewer })).toMatchObject({ you: false });
  it.anns.type(it.session.number, "still me");
  expect(await typed(it.daemon)).toBe("still me");
});

async function takeOversOf(sessionId: string) {
  return links.sql.query<{ details: { from: string; to: string }; actor: object }>(
    "select details, actor from activity_log where session_id = $1 and event_type = 'session.taken_over' order by seq",
    [sessionId],
  );
}

test("whoever types is told when the terminal could not take it; nobody else is", async () => {
  await using it = await twoPeople();
  await it.drive(it.anns, 100, 30);
  await it.drive(it.bobs, 100, 30);
  it.daemon.send({ type: "session_input_refused", session_id: it.session.id });
  expect(await problemOf(it.anns)).toMatchObject({
    type: "urn:orchestratia:problem:input_refused",
    detail: expect.stringContaining("this was not typed"),
  });
  it.bobs.type(it.session.number, "x");
  expect((await problemOf(it.bobs)).type).toBe("urn:orchestratia:problem:not_the_driver");
});
