import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { segmentFrame } from "../testing/recorded-session.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { until } from "../testing/until.ts";
import { recordingExpiry } from "./expiry.ts";
import { folderStore } from "./folder-store.ts";
import type { Recordings } from "./recordings.ts";
import { SegmentReceiver } from "./segment-receiver.ts";
import { TextReader } from "./text-reader.ts";

/** Two segments that nobody has read yet. */
async function unreadOf(on: TestEngine) {
  const folder = await mkdtemp(join(tmpdir(), "text-reader-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const log = pino({ level: "silent" });
  const recordings: Recordings = { database: on.engine.database, store: folderStore(folder), maxBytes: 1e9, log };
  const receiver = new SegmentReceiver(recordings, () => {});
  const project = await on.addProject();
  const { id } = await on.addSession(project, await on.addServer(project));
  for (const segment of [0, 1]) {
    const frame = segmentFrame(segment, [[segment, "o", "x"]], segment);
    await receiver.receive({ send: () => true }, { id, projectId: project }, frame);
    await receiver.settled();
  }
  const unread = () => on.sql.query("select segment from hub.recording_segments where read_at is null order by 1");
  return { recordings, unread };
}

test("nobody waits for a store that does not answer: not the hub's start, nor what else the rows ask for", async () => {
  await using database = await createTestDatabase();
  await using on = await openTestEngine(database.url);
  const { recordings, unread } = await unreadOf(on);
  const answer = { now: () => {} };
  const answered = new Promise<void>((resolve) => {
    answer.now = resolve;
  });
  const asked: string[] = [];
  const store: Recordings["store"] = {
    ...recordings.store,
    async get(key) {
      asked.push("get");
      await answered;
      return recordings.store.get(key);
    },
    async remove(keys) {
      asked.push("remove");
      await answered;
      await recordings.store.remove(keys);
    },
  };
  await using reader = new TextReader({ ...recordings, store });
  await using expiry = recordingExpiry({ ...recordings, store, maxBytes: 0 });
  await reader.rederive();
  await until(() => asked.includes("get"));
  await expiry.rederive();
  await until(() => asked.includes("remove"));
  expect(await unread()).toHaveLength(2);
  answer.now();
  await reader.settled();
  await expiry.settled();
  expect(await unread()).toEqual([]);
});

test("what came in is read also when more never ceases to come", async () => {
  await using database = await createTestDatabase();
  await using on = await openTestEngine(database.url);
  const { recordings, unread } = await unreadOf(on);
  const { sql } = on.engine.database;
  const streaming: Recordings["database"] = {
    ...on.engine.database,
    sql: {
      query(...args: Parameters<typeof sql.query>) {
        reader.wake();
        return sql.query(...args);
      },
    } as typeof sql,
  };
  await using reader = new TextReader({ ...recordings, database: streaming }, 60_000, 20);
  reader.wake();
  await until(async () => (await unread()).length === 0);
});
