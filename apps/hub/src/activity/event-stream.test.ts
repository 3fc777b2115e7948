import { EventEmitter } from "node:events";
import type { HubClient } from "@orchestratia/client/http";
import * as people from "@orchestratia/protocol/operations/people";
import { cancelTask } from "@orchestratia/protocol/operations/people-tasks";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { openDatabase } from "../db/database.ts";
import { Bus } from "../events/bus.ts";
import { Sequencer } from "../events/sequencer.ts";
import { EventReader } from "../testing/event-reader.ts";
import { FakeViewer } from "../testing/fake-viewer.ts";
import { addPerson, bearing } from "../testing/matrix-world.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { ADMIN, startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";
import { EventStream } from "./event-stream.ts";
import { visibleProjects } from "./visible-facts.ts";

let hub: TestHub;
let admin: HubClient;
let adminHeaders: Record<string, string>;
beforeAll(async () => {
  hub = await startTestHub();
  admin = await hub.admin();
  adminHeaders = await hub.adminHeaders();
});
afterAll(() => hub[Symbol.asyncDispose]());

const position = () => hub.hub.sequencer.settled().then(() => lastPosition());
async function lastPosition(): Promise<number> {
  const [row] = await hub.database.sql.query<{ last: number }>("select max(position) as last from activity_log");
  return row?.last ?? 0;
}

test("no reader skips a fact whose transaction commits behind later ones", async () => {
  await using team = await openTestTeam({ url: hub.url, admin });
  const after = await position();
  const token = (adminHeaders.authorization ?? "").replace("Bearer ", "");
  await using viewer = await FakeViewer.signedIn(hub.url, token);
  viewer.send({ type: "subscribe", topic: `project:${team.project}`, after });
  await viewer.next("caught_up");
  await using stream = await EventReader.open(hub.url, adminHeaders, `?project=${team.project}&after=${after}`);
  await stream.caughtUp();
  const polled: number[] = [];
  const poll = async () => {
    const query = { after: polled.at(-1) ?? after };
    const { activity } = await admin.call(people.listActivity, { params: { project: team.project }, query });
    polled.push(...activity.map(({ position }) => position));
  };

  const slow = await hub.database.pool.connect();
  await slow.query("begin");
  await slow.query(
    `insert into activity_log (event_type, project_id, actor, details)
     values ('project.updated', $1, '{"type":"system","id":null,"name":"hub"}', '{"late":true}')`,
    [team.project],
  );
  for (let n = 0; n < 3; n += 1) await team.addTask();
  await position();
  await poll();
  await until(() => stream.facts.length === 3);
  await slow.query("commit");
  slow.release();
  const last = await position();
  await poll();
  await until(() => stream.facts.length === 4);
  await viewer.next("activity", ({ activity }) => activity.event_type === "project.updated");

  const expected = [after + 1, after + 2, after + 3, after + 4];
  expect(last).toBe(after + 4);
  expect(polled).toEqual(expected);
  expect(stream.facts.map(({ id }) => id)).toEqual(expected);
  expect(stream.facts.at(-1)?.data).toMatchObject({ event_type: "project.updated", details: { late: true } });
  const seen = viewer.frames.flatMap((frame) => {
    if (frame.type === "activity") return [frame.activity.position];
    return frame.type === "task_event" || frame.type === "session_event" ? [frame.position] : [];
  });
  expect(seen).toEqual(expected);
});

test("a reader resumes behind the last event it saw, and asks for what it wants", async () => {
  await using team = await openTestTeam({ url: hub.url, admin });
  const after = await position();
  const first = await team.addTask();
  await team.addTask();
  await admin.call(cancelTask, { params: { project: team.project, task: first.key } });
  await position();
  const read = async (query: string, headers: Record<string, string> = {}) => {
    await using reader = await EventReader.open(hub.url, { ...adminHeaders, ...headers }, query);
    await reader.caughtUp();
    return reader.facts.map(({ event }) => event);
  };
  const created = ["task.created", "task.created"];
  expect(await read(`?after=${after}`)).toEqual([...created, "task.cancelled"]);
  expect(await read(`?after=${after}&event_type=task.created`)).toEqual(created);
  expect(await read(`?after=${after}&event_type=task.c*`)).toEqual([]);
  expect(await read(`?after=${after}&event_type=project.*,task.*`)).toEqual([...created, "task.cancelled"]);
  expect(await read(`?after=${after}`, { "last-event-id": String(after + 2) })).toEqual(["task.cancelled"]);
  expect(await read("")).toEqual([]);
  expect(await read("?after=999999999")).toEqual([]);
});

test("everybody is told of their own projects alone, and the hub's own facts are its admins'", async () => {
  await using team = await openTestTeam({ url: hub.url, admin });
  await using other = await openTestTeam({ url: hub.url, admin });
  const viewer = bearing(await addPerson(hub, "viewer", { project: team.project, role: "viewer" }));
  await using mine = await EventReader.open(hub.url, viewer, "?after=0");
  await using all = await EventReader.open(hub.url, adminHeaders, "?after=0");
  const foreign = await EventReader.open(hub.url, viewer, `?project=${other.project}`);
  expect(foreign.status).toBe(404);
  await Promise.all([mine.caughtUp(), all.caughtUp()]);
  await other.addTask();
  const own = await team.addTask();
  await until(() => mine.facts.some(({ data }) => data.task_id === own.id));
  expect(new Set(mine.facts.map(({ data }) => data.project_id))).toEqual(new Set([team.project]));
  const told = new Set(all.facts.map(({ data }) => data.project_id));
  for (const id of [team.project, other.project, null]) expect(told).toContain(id);
});

test("who loses a project or signs out is told nothing more", async () => {
  await using fast = await startTestHub({ streamBeatMs: 20 });
  const boss = await fast.admin();
  await using team = await openTestTeam({ url: fast.url, admin: boss });
  const { sql } = fast.database;
  const person = async () => bearing(await addPerson(fast, "viewer", { project: team.project, role: "member" }));
  const [leaver, member] = [await person(), await person()];
  const signedIn = await fast.client().call(people.signIn, { body: ADMIN });
  await using one = await EventReader.open(fast.url, leaver, `?project=${team.project}`);
  await using everything = await EventReader.open(fast.url, leaver);
  await using token = await EventReader.open(fast.url, bearing(signedIn.token), "?event_type=task.*");
  await using stays = await EventReader.open(fast.url, member);
  const readers = [one, everything, token, stays];
  await Promise.all(readers.map((reader) => reader.caughtUp()));
  await team.addTask();
  await until(() => readers.every(({ facts }) => facts.length === 1));
  await sql.query(
    `delete from project_members m using hub.access_tokens t
     where t.user_id = m.user_id and t.token_hash = encode(sha256($1::bytea), 'hex')`,
    [leaver.authorization?.replace("Bearer ", "")],
  );
  await fast.client(bearing(signedIn.token)).call(people.signOut);
  await until(() => one.ended && token.ended);
  await team.addTask();
  await until(() => stays.facts.length === 2);
  expect(everything.ended).toBe(false);
  expect([one, everything, token].map(({ facts }) => facts.length)).toEqual([1, 1, 1]);
  expect(stays.comments).toBeGreaterThan(0);
});

test("a hub that stops ends the streams and does not wait for their readers", async () => {
  await using stopping = await startTestHub();
  await using reader = await EventReader.open(stopping.url, await stopping.systemHeaders());
  await reader.caughtUp();
  const began = performance.now();
  await stopping.stop();
  await until(() => reader.ended);
  expect(performance.now() - began).toBeLessThan(5_000);
  await stopping.start();
});

/** Takes one text and then nothing until it is told to go on. */
class SlowSink extends EventEmitter {
  readonly taken: string[] = [];
  destroyed = false;
  #open = false;

  write(text: string): boolean {
    this.taken.push(text);
    return this.#open;
  }

  goOn(): void {
    this.#open = true;
    this.emit("drain");
  }
}

test("a reader who does not keep up costs nothing and misses nothing", async () => {
  await using test = await createTestDatabase();
  await using database = openDatabase(test.url);
  const log = pino({ level: "silent" });
  const bus = new Bus(log);
  await using sequencer = new Sequencer(database, bus, log);
  await sequencer.start();
  const write = async (n: number) => {
    await database.sql.query(
      `insert into activity_log (event_type, actor, details)
       select 'user.signed_in', '{"type":"system","id":null,"name":"hub"}', '{}' from generate_series(1, $1)`,
      [n],
    );
    await sequencer.settled();
  };
  const sink = new SlowSink();
  const facts = { projects: await visibleProjects(database.sql, SYSTEM), types: null };
  const stream = new EventStream({ sql: database.sql, bus, sink }, { facts, after: 0 });
  const running = stream.run();
  await write(10);
  await until(() => sink.taken.length === 1);
  await write(3_000);
  expect(sink.taken).toHaveLength(1);
  sink.goOn();
  const ids = () =>
    sink.taken.filter((text) => text.includes("user.signed_in")).map((text) => Number(text.slice(4).split("\n")[0]));
  await until(() => ids().length >= 3_010);
  await write(5);
  await until(() => ids().length >= 3_015);
  expect(ids()).toEqual(Array.from({ length: 3_015 }, (_, n) => n + 1));
  stream.end();
  await running;
});
