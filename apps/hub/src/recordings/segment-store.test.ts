import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { LAST_MODIFIED, startS3Server } from "../testing/s3-server.ts";
import { startTestHub } from "../testing/test-hub.ts";
import { until } from "../testing/until.ts";
import { folderStore } from "./folder-store.ts";
import { s3Store } from "./s3-store.ts";
import { type SegmentStore, segmentKey } from "./segment-store.ts";

const { signal: never } = new AbortController();

async function scratchFolder() {
  const folder = await mkdtemp(join(tmpdir(), "segments-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, "recordings");
}

async function s3() {
  const server = await startS3Server();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { endpoint, bucket, accessKeyId, secretAccessKey } = server;
  const settings = { endpoint, bucket, accessKeyId, secretAccessKey, region: "eu-central-1", prefix: "hub's/" };
  return { server, settings, store: s3Store(settings, never) };
}

/** It takes what is asked and never answers. */
async function silentS3() {
  const asked: string[] = [];
  const server = createServer((request) => asked.push(request.method ?? ""));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const settings = { endpoint: `http://127.0.0.1:${port}`, bucket: "recordings", region: "eu-central-1", prefix: "" };
  return { asked, settings: { ...settings, accessKeyId: "id", secretAccessKey: "key" } };
}

async function listAll(store: SegmentStore, prefix: string) {
  const found: string[] = [];
  for await (const files of store.list(prefix)) found.push(...files.map(({ key }) => key));
  return found.sort();
}

describe.each([
  ["a folder", async () => folderStore(await scratchFolder())],
  ["a bucket", async () => (await s3()).store],
])("%s", (_, open) => {
  test("gives back what it was given, the newest of a key", async () => {
    const store = await open();
    const key = segmentKey(randomUUID(), randomUUID(), 3);
    expect(await store.get(key)).toBeUndefined();
    await store.put(key, Buffer.from("first"));
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, at) => at % 256));
    await store.put(key, bytes);
    expect(Buffer.from((await store.get(key)) ?? []).equals(bytes)).toBe(true);
  });

  test("lists by prefix and removes; what is not there is removed already", async () => {
    const store = await open();
    const [project, one, other] = [randomUUID(), randomUUID(), randomUUID()];
    const keys = [0, 1, 2, 10].map((segment) => segmentKey(project, one, segment)).sort();
    for (const key of [...keys, segmentKey(project, other, 0)]) await store.put(key, Buffer.from("x"));
    expect(await listAll(store, `${project}/${one}/`)).toEqual(keys);
    expect(await listAll(store, "")).toHaveLength(5);
    expect(await listAll(store, `${randomUUID()}/`)).toEqual([]);
    await store.remove([...keys, segmentKey(project, one, 99)]);
    expect(await listAll(store, "")).toEqual([segmentKey(project, other, 0)]);
  });
});

test("nobody but the hub's user can look into the folder, and nothing empty or unfinished is left in it", async () => {
  const folder = await scratchFolder();
  const store = folderStore(folder);
  const key = segmentKey("p", "s", 0);
  await store.put(key, Buffer.from("x"));
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, key))).mode & 0o777).toBe(0o600);
  await store.remove([key]);
  expect(await readdir(join(folder, "p"))).toEqual([]);
});

test("says since when each file is there", async () => {
  const folder = folderStore(await scratchFolder());
  const before = Date.now() - 2000;
  await folder.put("a/b.gz", Buffer.from("x"));
  for await (const [file] of folder.list("a/")) expect(file?.storedAt.getTime()).toBeGreaterThan(before);
  const { store: bucket } = await s3();
  await bucket.put("a/b&c.gz", Buffer.from("x"));
  const found = [];
  for await (const files of bucket.list("a/")) found.push(...files);
  expect(found).toEqual([{ key: "a/b&c.gz", storedAt: new Date(LAST_MODIFIED) }]);
});

test("a bucket that is busy is asked again; one that is not there, or not ours, is an error", async () => {
  const { server, settings, store } = await s3();
  server.refusing = 2;
  await store.put("a/b.gz", Buffer.from("x"));
  expect([...server.objects.keys()]).toEqual(["hub's/a/b.gz"]);
  await expect(s3Store({ ...settings, bucket: "other" }, never).put("a", Buffer.from("x"))).rejects.toThrow(
    "not there",
  );
  await expect(s3Store({ ...settings, secretAccessKey: "x" }, never).get("a/b.gz")).rejects.toThrow("403");
});

test("what is under way with a bucket that does not answer fails when the hub stops, and what comes behind it", async () => {
  const { asked, settings } = await silentS3();
  const stopping = new AbortController();
  const store = s3Store(settings, stopping.signal);
  const put = store.put("a/b.gz", Buffer.from("x"));
  await until(() => asked.length === 1);
  stopping.abort(new Error("the hub is stopping"));
  await expect(put).rejects.toThrow("the hub is stopping");
  await expect(store.get("a/b.gz")).rejects.toThrow("the hub is stopping");
  expect(asked).toEqual(["PUT"]);
});

test("a hub stops at once while its bucket does not answer, and complains of nothing that it gives up by that", async () => {
  const { asked, settings } = await silentS3();
  const recordings = { folder: await scratchFolder(), s3: settings, maxBytes: 1e9 };
  await using hub = await startTestHub({ config: { recordings } });
  await until(() => asked.length > 0);
  const since = performance.now();
  await hub.stop();
  expect(performance.now() - since).toBeLessThan(10_000);
  expect(hub.logged.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});
