import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HubFrame } from "@orchestratia/protocol/server-link";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { pino } from "pino";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { BackgroundWork } from "../events/background-work.ts";
import { type CastEvent, segmentFrame } from "../testing/recorded-session.ts";
import { createTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { until } from "../testing/until.ts";
import { castOf } from "./cast.ts";
import { recordingExpiry } from "./expiry.ts";
import { folderStore } from "./folder-store.ts";
import { getRecording } from "./queries.ts";
import type { Recordings } from "./recordings.ts";
import { searchRecordings } from "./search-recordings.ts";
import { SegmentReceiver } from "./segment-receiver.ts";
import type { SegmentStore } from "./segment-store.ts";
import { TextReader } from "./text-reader.ts";

let database: TestDatabase;
let on: TestEngine;
beforeAll(async () => {
  database = await createTestDatabase();
  on = await openTestEngine(database.url);
});
afterAll(async () => {
  await on[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** A session on a server of a project of its own, and what keeps its recording. */
async function openWorld({ settings = {}, maxBytes = 1e9 }: { settings?: object; maxBytes?: number } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "recordings-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const logged: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => logged.push(line) });
  const files = folderStore(folder);
  /** How many of the next writes fail. */
  const breaks = { puts: 0 };
  const store: SegmentStore = {
    ...files,
    async put(key, bytes) {
      breaks.puts -= 1;
      if (breaks.puts >= 0) throw new Error("no space left on device");
      await files.put(key, bytes);
    },
  };
  const recordings: Recordings = { database: on.engine.database, store, maxBytes, log };
  const reader = new TextReader(recordings);
  const receiver = new SegmentReceiver(recordings, () => {});
  const project: ProjectId = await on.addProject(settings as Record<string, unknown>);
  const server = await on.addServer(project);
  const { id } = await on.addSession(project, server);
  const acked: number[] = [];
  const link = {
    send(frame: HubFrame) {
      if (frame.type === "recorded" && frame.session_id === id) acked.push(frame.segment);
      return true;
    },
  };
  return {
    recordings,
    async readAll() {
      await reader.rederive();
      await reader.settled();
    },
    receiver,
    project,
    id,
    acked,
    breaks,
    logged,
    async send(segment: number, events: (CastEvent | string)[], offset = 0) {
      await receiver.receive(link, { id, projectId: project }, segmentFrame(segment, events, offset));
      await receiver.settled();
    },
    sendFrame: (frame: ReturnType<typeof segmentFrame>) =>
      receiver.receive(link, { id, projectId: project }, frame).then(() => receiver.settled()),
    async files() {
      const found: string[] = [];
      for await (const page of files.list(`${project}/`)) found.push(...page.map(({ key }) => key.split("/")[2] ?? ""));
      return found.sort();
    },
    rows: () =>
      on.sql.query<{ segment: number }>("select segment from hub.recording_segments where session_id = $1 order by 1", [
        id,
      ]),
    async cast(range: { from?: number; to?: number } = {}) {
      const recording = await getRecording(on.sql, project, id);
      let text = "";
      for await (const piece of castOf(recordings, project, recording, range)) text += piece;
      const [header, ...events] = text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      return { header, events: events as CastEvent[] };
    },
  };
}

async function expire(expiry: BackgroundWork): Promise<void> {
  await expiry.rederive();
  await expiry.settled();
}

const SIZE: CastEvent = [0, "r", "100x30"];

test("a segment is kept once and acknowledged however often it comes, and the hub goes on behind the last", async () => {
  const { receiver, send, id, acked, files, rows } = await openWorld();
  expect(await receiver.next(id)).toBe(0);
  await send(0, [SIZE, [1, "o", "one"]]);
  await send(1, [[31, "o", "two"]], 3);
  await send(0, [SIZE, [1, "o", "one"]]);
  expect(acked).toEqual([0, 1, 0]);
  expect(await receiver.next(id)).toBe(2);
  expect(await files()).toEqual(["0.gz", "1.gz"]);
  expect(await rows()).toHaveLength(2);
});

test("a segment that could not be kept is not acknowledged, nor any behind it before it came again", async () => {
  const { send, acked, breaks, rows, logged, receiver, id } = await openWorld();
  await send(0, [SIZE]);
  breaks.puts = 1;
  await send(1, [[1, "o", "one"]]);
  await send(2, [[2, "o", "two"]]);
  expect(acked).toEqual([0]);
  expect(logged.join()).toContain("no space left");
  await send(1, [[1, "o", "one"]]);
  // The one that was passed over has to come before what is behind it.
  await send(3, [[3, "o", "three"]]);
  expect(acked).toEqual([0, 1]);
  await send(2, [[2, "o", "two"]]);
  await send(3, [[3, "o", "three"]]);
  expect(acked).toEqual([0, 1, 2, 3]);
  expect(await rows()).toHaveLength(4);
  // A daemon that gave a segment up goes on over its next link.
  breaks.puts = 1;
  await send(4, []);
  await receiver.next(id);
  await send(6, [[6, "o", "six"]]);
  expect(acked.at(-1)).toBe(6);
});

test("what is no segment is acknowledged and not kept, so that its daemon goes on", async () => {
  const { sendFrame, acked, rows, send } = await openWorld();
  const frame = segmentFrame(0, []);
  const huge = new Uint8Array(5_000_000);
  huge.set(frame.payload.subarray(0, 12));
  await sendFrame({ ...frame, payload: huge });
  await sendFrame({ ...frame, payload: new Uint8Array(3) });
  await send(1, [SIZE]);
  expect(acked).toEqual([0, 1]);
  expect(await rows()).toEqual([{ segment: 1 }]);
});

test("the cast has a header, the events of all segments, and each size once", async () => {
  const { send, readAll, cast, id, project } = await openWorld();
  await send(0, [SIZE, [0.5, "o", "$ ls\r\n"], [1, "m", "driver: ada"]]);
  await send(
    1,
    [
      [31, "r", "100x30"],
      [31, "o", "é ☕ \u001b[1m"],
      [32, "r", "80x24"],
    ],
    6,
  );
  await send(
    3,
    [
      [90, "r", "80x24"],
      [90, "o", "late"],
      [91, "m", "exit: 0"],
    ],
    20,
  );
  await readAll();
  const { header, events } = await cast();
  expect(header).toMatchObject({ version: 2, width: 100, height: 30, title: expect.any(String) });
  expect(header.timestamp).toBeGreaterThan(1e9);
  expect(events).toEqual([
    [0.5, "o", "$ ls\r\n"],
    [1, "m", "driver: ada"],
    [31, "o", "é ☕ \u001b[1m"],
    [32, "r", "80x24"],
    [90, "m", "gap: some of the recording is lost"],
    [90, "o", "late"],
    [91, "m", "exit: 0"],
  ]);
  expect(await getRecording(on.sql, project, id)).toMatchObject({ begins: 0, ends: 91, segments: 3 });
});

test("a part of the cast counts from its beginning, on a screen that is right", async () => {
  const { send, readAll, cast } = await openWorld();
  const flood = "x".repeat(300_000);
  await send(0, [SIZE, [1, "o", flood]]);
  await send(
    1,
    [
      [30, "r", "100x30"],
      [30, "o", flood],
    ],
    300_000,
  );
  await send(
    2,
    [
      [60, "r", "90x30"],
      [60, "o", "before"],
      [70, "o", "at"],
      [80, "o", "in"],
      [90, "o", "behind"],
    ],
    600_000,
  );
  await readAll();
  const { header, events } = await cast({ from: 70, to: 80 });
  expect(header).toMatchObject({ width: 100, height: 30 });
  // What was printed long before is not in it.
  expect(events).toEqual([
    [0, "o", flood],
    [0, "r", "90x30"],
    [0, "o", "before"],
    [0, "o", "at"],
    [10, "o", "in"],
  ]);
  expect((await cast({ from: 1000 })).events.at(-1)).toEqual([0, "o", "behind"]);
  expect((await cast({ from: 0, to: 2 })).events).toEqual([[1, "o", flood]]);
});

test("what came in is read by itself once nothing more comes, and a reader that ends waits for nothing", async () => {
  const { send, recordings, project } = await openWorld();
  const found = async (q: string) => (await searchRecordings(on.sql, project, { q, moments: 1, limit: 1 })).hits.length;
  for (const segment of [0, 1]) await send(segment, [SIZE, [segment + 1, "o", `segment${segment}`]]);
  await using reader = new TextReader(recordings, 20);
  reader.wake();
  await until(async () => (await found("segment1")) === 1);
  await send(2, [SIZE, [3, "o", "segment2"]]);
  await using patient = new TextReader(recordings, 60_000);
  patient.wake();
  expect(await found("segment2")).toBe(0);
});

test("a file that is gone or damaged is a gap, and lines that are no events are left out", async () => {
  const { send, sendFrame, readAll, cast, recordings, project, id, acked } = await openWorld();
  await send(0, [SIZE, [1, "o", "one"]]);
  await send(1, [[2, "o", "two"]]);
  await send(2, [
    [3, "o", "three"],
    "no event",
    '["4", "o", "no time"]',
    '[4, "q", "no code of ours"]',
    '[5, "o", "no "JSON""]',
    '[5, "o", {"no": "text"}]',
  ]);
  const frame = segmentFrame(3, []);
  frame.payload.fill(7, 12);
  await sendFrame(frame);
  await recordings.store.remove([`${project}/${id}/1.gz`]);
  await readAll();
  expect(acked).toEqual([0, 1, 2, 3]);
  expect((await cast()).events).toEqual([
    [1, "o", "one"],
    [3, "m", "gap: some of the recording is lost"],
    [3, "o", "three"],
  ]);
});

test("a cast is read segment by segment, as its reader takes it", async () => {
  const { send, recordings, project, id } = await openWorld();
  for (let segment = 0; segment < 5; segment += 1) await send(segment, [[segment, "o", "x"]]);
  let opened = 0;
  const get = (key: string) => {
    opened += 1;
    return recordings.store.get(key);
  };
  const recording = await getRecording(on.sql, project, id);
  const counted = { ...recordings, store: { ...recordings.store, get } };
  for await (const _ of castOf(counted, project, recording, {})) if (opened === 2) break;
  expect(opened).toBe(2);
});

test("what was printed is found with its moment, in the project's own sessions, once it is read", async () => {
  const { send, readAll, project, id } = await openWorld();
  const other = await openWorld();
  await send(0, [
    SIZE,
    [2, "o", "Compiling \u001b[32mparser.ts\u001b[0m\r\n"],
    [9, "o", "\u001b[31merror\u001b[0m: unexpected "],
  ]);
  await send(
    1,
    [
      [31, "o", "token\r\n"],
      [40, "o", "error: again\r\n"],
    ],
    100,
  );
  await other.send(0, [SIZE, [1, "o", "error of another project\r\n"]]);
  const search = (q: string, more = {}) => searchRecordings(on.sql, project, { q, moments: 5, limit: 10, ...more });
  expect((await search("error")).hits).toEqual([]);
  await readAll();
  const { hits, next } = await search("error");
  expect(next).toBeNull();
  expect(hits).toMatchObject([{ session_id: id, found: 2, moments: [{ at: 9 }, { at: 40 }] }]);
  expect(hits[0]?.moments[0]?.snippet).toEqual([
    { text: "error", match: true },
    { text: ": unexpected", match: false },
  ]);
  expect((await search("error", { moments: 1 })).hits[0]).toMatchObject({ found: 2, moments: [{ at: 9 }] });
  expect((await search("parser ts")).hits).toHaveLength(1);
  expect((await search("pars")).hits).toHaveLength(1);
  expect((await search("error", { session: other.id })).hits).toEqual([]);
  expect((await search("nothing")).hits).toEqual([]);
});

test("of a segment that floods the beginning and the end can be found", async () => {
  const { send, readAll, project } = await openWorld();
  const flood = Array.from({ length: 100 }, (_, at): CastEvent => [at / 10, "o", `${"flooding ".repeat(1000)}\r\n`]);
  const middle: CastEvent = [5, "o", "amidst\r\n"];
  await send(0, [
    [0, "o", "foremost\r\n"],
    ...flood.slice(0, 50),
    middle,
    ...flood.slice(50),
    [10, "o", "hindmost\r\n"],
  ]);
  await readAll();
  const found = async (q: string) => (await searchRecordings(on.sql, project, { q, moments: 1, limit: 1 })).hits.length;
  expect([await found("foremost"), await found("amidst"), await found("hindmost")]).toEqual([1, 0, 1]);
});

test("segments older than the project keeps them go, rows, files and texts together", async () => {
  const { send, readAll, recordings, files, rows, project, id, cast } = await openWorld({
    settings: { retention_recordings: "7 d" },
  });
  await send(0, [SIZE, [1, "o", "ancient history\r\n"]]);
  await send(
    1,
    [
      [31, "r", "100x30"],
      [31, "o", "recent history\r\n"],
    ],
    17,
  );
  await readAll();
  await using expiry = recordingExpiry(recordings);
  const age = (days: number) =>
    on.sql.query(
      `update hub.recording_segments set received_at = now() - interval '${days} days' where session_id = $1 and segment = 0`,
      [id],
    );
  await age(6);
  await expire(expiry);
  expect(await rows()).toHaveLength(2);
  await age(8);
  await expire(expiry);
  expect(await rows()).toEqual([{ segment: 1 }]);
  expect(await files()).toEqual(["1.gz"]);
  expect(await getRecording(on.sql, project, id)).toMatchObject({ begins: 31, segments: 1 });
  // It plays at once, not after the time of what is gone.
  expect((await cast()).events).toEqual([[0, "o", "recent history\r\n"]]);
  const search = (q: string) => searchRecordings(on.sql, project, { q, moments: 5, limit: 10 });
  expect((await search("ancient")).hits).toEqual([]);
  expect((await search("recent")).hits).toHaveLength(1);
});

test("where all recordings together are too much the oldest go, and a file that cannot go keeps its row", async () => {
  const world = await openWorld();
  const { send, files, rows, recordings, id, logged } = world;
  for (let segment = 0; segment < 6; segment += 1) await send(segment, [[segment, "o", "x".repeat(2000)]]);
  // Other tests' segments count as well: they are older than these, and go first.
  await on.sql.query(
    `update hub.recording_segments set received_at = now() + segment * interval '1 second' where session_id = $1`,
    [id],
  );
  const [size] = await on.sql.query<{ bytes: number }>(
    "select sum(bytes)::int as bytes from hub.recording_segments where session_id = $1 and segment >= 4",
    [id],
  );
  const maxBytes = size?.bytes ?? 0;
  const stuck = recordingExpiry({
    ...recordings,
    maxBytes,
    store: { ...recordings.store, remove: () => Promise.reject(new Error("the store is away")) },
  });
  await expire(stuck);
  expect(logged.join("")).toContain("the store is away");
  expect(await rows()).toHaveLength(6);
  await using expiry = recordingExpiry({ ...recordings, maxBytes });
  await expire(expiry);
  expect(await rows()).toEqual([{ segment: 4 }, { segment: 5 }]);
  expect(await files()).toEqual(["4.gz", "5.gz"]);
});
