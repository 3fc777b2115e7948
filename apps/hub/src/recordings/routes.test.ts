import { execFile, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import * as agents from "@orchestratia/protocol/operations/agents";
import * as operations from "@orchestratia/protocol/operations/recordings";
import { pino } from "pino";
import { expect, test } from "vitest";
import { type CastEvent, segmentFrame } from "../testing/recorded-session.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusalCode } from "../testing/test-team.ts";
import { folderStore } from "./folder-store.ts";
import { SegmentReceiver } from "./segment-receiver.ts";

/** What a daemon's segments do, without the daemon. */
async function record(hub: TestHub, projectId: string, id: string, ...segments: CastEvent[][]) {
  const store = folderStore(join(hub.home, "recordings"));
  const log = pino({ level: "silent" });
  const receiver = new SegmentReceiver({ database: hub.database, store, maxBytes: 1e9, log }, () => {});
  let offset = 0;
  for (const [segment, events] of segments.entries()) {
    await receiver.receive({ send: () => true }, { id, projectId }, segmentFrame(segment, events, offset));
    await receiver.settled();
    offset += 100;
  }
  await hub.hub.engine.rederive();
  await hub.hub.engine.settled();
}

test("people of the project list, read, search and download what its sessions printed", async () => {
  await using hub = await startTestHub();
  const admin = await hub.admin();
  await using team = await openTestTeam({ url: hub.url, admin });
  const first = await team.startAgent("worker", "first");
  const second = await team.startAgent("worker", "second");
  const silent = await team.startAgent("worker", "silent");
  const task = await team.addTask();
  await team.give(task, first);
  const params = { project: team.project };
  await record(
    hub,
    team.project,
    first.id,
    [
      [0, "r", "90x20"],
      [1, "o", "the first words\r\n"],
    ],
    [
      [31, "r", "90x20"],
      [31, "o", "and later ones\r\n"],
    ],
  );
  await record(hub, team.project, second.id, [
    [0, "r", "80x24"],
    [2, "o", "other words\r\n"],
  ]);

  const list = (query = {}) => admin.call(operations.listRecordings, { params, query });
  const all = await list();
  expect(all).toMatchObject({ recordings: [{ session_name: "second" }, { session_name: "first" }], next: null });
  expect(all.recordings[1]).toMatchObject({ begins: 0, ends: 31, segments: 2, session_status: "active" });
  const page = await list({ limit: 1 });
  expect(page.recordings).toMatchObject([{ session_name: "second" }]);
  const rest = await list({ limit: 1, after: page.next });
  expect(rest).toMatchObject({ recordings: [{ session_name: "first" }], next: null });
  expect((await list({ session: second.id })).recordings).toHaveLength(1);
  expect((await list({ until: "2020-01-01T00:00:00Z" })).recordings).toEqual([]);
  expect((await list({ since: new Date().toISOString() })).recordings).toHaveLength(2);
  expect(await refusalCode(list({ after: "nonsense" }))).toBe("invalid_request");

  const search = await admin.call(operations.searchRecordings, { params, query: { q: "words", limit: 1 } });
  expect(search.hits).toMatchObject([{ session_name: "second", found: 1, moments: [{ at: 2 }] }]);
  const more = { q: "words", limit: 1, after: search.next ?? "" };
  expect(await admin.call(operations.searchRecordings, { params, query: more })).toMatchObject({
    hits: [{ session_name: "first", moments: [{ at: 1 }] }],
    next: null,
  });

  const of = (session: string) => ({ params: { ...params, session } });
  expect(await admin.call(operations.viewRecording, of(first.id))).toMatchObject({ session_id: first.id, segments: 2 });
  expect(await refusalCode(admin.call(operations.viewRecording, of(silent.id)))).toBe("recording_not_found");
  expect(await refusalCode(admin.call(operations.viewRecording, of(randomUUID())))).toBe("session_not_found");

  const headers = await hub.adminHeaders();
  const path = `/api/v1/projects/${team.project}/sessions/${first.id}/recording/cast`;
  const whole = await hub.fetch(path, { headers });
  expect(whole.headers.get("content-type")).toBe("application/x-asciicast");
  expect(whole.headers.get("content-disposition")).toBe('attachment; filename="first.cast"');
  const [header, ...events] = (await whole.text()).trimEnd().split("\n");
  expect(JSON.parse(header ?? "")).toMatchObject({ version: 2, width: 90, height: 20, title: "first" });
  expect(events.map((line) => JSON.parse(line))).toEqual([
    [1, "o", "the first words\r\n"],
    [31, "o", "and later ones\r\n"],
  ]);
  const part = await (await hub.fetch(`${path}?from=30&to=31.5`, { headers })).text();
  expect(part).toContain('[1.000000, "o", "and later ones\\r\\n"]');
  expect((await hub.fetch(`${path}?from=-1`, { headers })).status).toBe(422);
  expect((await hub.fetch(path)).status).toBe(401);
});

test("the recordings of a task are those of the sessions in which it was worked on, also long after", async () => {
  await using hub = await startTestHub();
  await using team = await openTestTeam({ url: hub.url, admin: await hub.admin() });
  const worker = await team.startAgent();
  const other = await team.startAgent();
  const task = await team.addTask();
  await team.give(task, worker);
  await worker.client.call(agents.agentStartTask, { params: { task: task.key } });
  await record(hub, team.project, worker.id, [[1, "o", "x"]]);
  await record(hub, team.project, other.id, [[1, "o", "x"]]);
  const params = { project: team.project };
  const of = async () =>
    (await team.admin.call(operations.listRecordings, { params, query: { task: task.key } })).recordings;
  expect(await of()).toMatchObject([{ session_id: worker.id, task_key: task.key }]);
});

const hasAsciinema = spawnSync("asciinema", ["--version"]).status === 0;

test.skipIf(!hasAsciinema)("asciinema reads what is downloaded", async () => {
  await using hub = await startTestHub();
  await using team = await openTestTeam({ url: hub.url, admin: await hub.admin() });
  const worker = await team.startAgent();
  await record(
    hub,
    team.project,
    worker.id,
    [
      [0, "r", "90x20"],
      [0.1, "o", "\u001b[32m$\u001b[0m ls\r\n"],
      [0.2, "m", "driver: ada"],
    ],
    [
      [0.3, "r", "90x20"],
      [0.3, "o", 'naïve ☕ "quoted" \\ 🚀\r\n'],
      [0.4, "r", "100x30"],
      [0.5, "m", "exit: 0"],
    ],
  );
  const path = `/api/v1/projects/${team.project}/sessions/${worker.id}/recording/cast`;
  const file = join(hub.home, "downloaded.cast");
  await writeFile(file, await (await hub.fetch(path, { headers: await hub.adminHeaders() })).text());
  // It insists on a terminal, which `script` gives it.
  const env = { ...process.env, LC_ALL: "C.UTF-8" };
  await promisify(execFile)("script", ["-qec", `asciinema cat '${file}' > '${file}.out'`, "/dev/null"], { env });
  expect(await readFile(`${file}.out`, "utf8")).toBe('\u001b[32m$\u001b[0m ls\r\nnaïve ☕ "quoted" \\ 🚀\r\n');
});
