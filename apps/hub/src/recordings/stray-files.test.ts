import { randomUUID } from "node:crypto";
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { pino } from "pino";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { segmentFrame } from "../testing/recorded-session.ts";
import { createTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { folderStore } from "./folder-store.ts";
import type { Recordings } from "./recordings.ts";
import { SegmentReceiver } from "./segment-receiver.ts";
import { segmentKey } from "./segment-store.ts";
import { strayFiles } from "./stray-files.ts";

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

const HOUR = 60 * 60_000;
const link = { send: () => true };

async function openWorld() {
  const folder = await mkdtemp(join(tmpdir(), "stray-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const store = folderStore(folder);
  const recordings: Recordings = {
    database: on.engine.database,
    store,
    maxBytes: 1e9,
    log: pino({ level: "silent" }),
  };
  const receiver = new SegmentReceiver(recordings, () => {});
  const project: ProjectId = await on.addProject();
  const { id: session } = await on.addSession(project, await on.addServer(project));
  const age = async (key: string, hours: number) => {
    const at = new Date(Date.now() - hours * HOUR);
    await utimes(join(folder, key), at, at);
  };
  return {
    folder,
    recordings,
    receiver,
    project,
    session,
    age,
    /** A file of the store that is so old. */
    async put(key: string, hours: number) {
      await store.put(key, Buffer.from("x"));
      await age(key, hours);
    },
    async keep(segment: number) {
      await receiver.receive(link, { id: session, projectId: project }, segmentFrame(segment, [[0, "o", "x"]], 0));
      await receiver.settled();
      return segmentKey(project, session, segment);
    },
    async keys() {
      const found: string[] = [];
      for await (const files of store.list("")) found.push(...files.map(({ key }) => key));
      return found.sort();
    },
  };
}

test("after a day a file goes that no row knows: of a session that is gone, of a row that was never committed, half written", async () => {
  const { recordings, receiver, project, session, put, keep, age, keys } = await openWorld();
  const kept = await keep(0);
  await age(kept, 1000);
  const gone = segmentKey(project, randomUUID(), 0);
  const uncommitted = segmentKey(project, session, 1);
  const unfinished = `${segmentKey(project, session, 2)}.${randomUUID()}.new`;
  for (const key of [gone, uncommitted, unfinished]) await put(key, 25);
  const young = segmentKey(project, session, 3);
  await put(young, 23);
  await using strays = strayFiles(recordings, receiver);
  await strays.rederive();
  await strays.settled();
  expect(await keys()).toEqual([kept, young].sort());
});

test("what is not of a project of this hub, or is no recording, is left alone", async () => {
  const { recordings, receiver, folder, put, project, session, keys } = await openWorld();
  const others = segmentKey(randomUUID(), randomUUID(), 0);
  const foreign = [`${project}/notes.gz`, `${project}/${session}/0.gz.bak`, "README.md"];
  for (const key of [others, ...foreign]) await put(key, 1000);
  await writeFile(join(folder, "lost+found"), "");
  await using strays = strayFiles(recordings, receiver);
  await strays.rederive();
  await strays.settled();
  expect(await keys()).toEqual([others, ...foreign, "lost+found"].sort());
});

test("a segment that comes again while its file is looked at keeps it", async () => {
  const { recordings, receiver, project, session, put, keep, keys } = await openWorld();
  const key = segmentKey(project, session, 0);
  await put(key, 25);
  // The segment is kept between the first look, which finds no row, and the second.
  const alone = async (id: string, work: () => Promise<void>) => {
    await keep(0);
    await receiver.alone(id, work);
  };
  await using strays = strayFiles(recordings, { alone });
  await strays.rederive();
  await strays.settled();
  expect(await keys()).toEqual([key]);
});

test("a store is looked through each six hours", async () => {
  const { recordings, receiver, project, put, keys } = await openWorld();
  let now = Date.now();
  await using strays = strayFiles(recordings, receiver, () => now);
  await strays.rederive();
  await strays.settled();
  const key = segmentKey(project, randomUUID(), 0);
  await put(key, 30);
  now += 5 * HOUR;
  await strays.rederive();
  await strays.settled();
  expect(await keys()).toEqual([key]);
  now += HOUR;
  await strays.rederive();
  await strays.settled();
  expect(await keys()).toEqual([]);
});
