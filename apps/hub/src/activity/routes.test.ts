import type { ActivityFilter } from "@orchestratia/protocol/activity";
import * as operations from "@orchestratia/protocol/operations/people";
import * as tasks from "@orchestratia/protocol/operations/people-tasks";
import { expect, test } from "vitest";
import type { z } from "zod";
import { startTestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusalCode } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";

test("what happened is read forwards from a position, backwards from the end, and by what it is about", async () => {
  await using hub = await startTestHub();
  const admin = await hub.admin();
  await using team = await openTestTeam({ url: hub.url, admin });
  await using other = await openTestTeam({ url: hub.url, admin });
  const params = { project: team.project };
  const list = async (query: z.input<typeof ActivityFilter> = {}) =>
    (await admin.call(operations.listActivity, { params, query })).activity;
  const first = await team.addTask();
  const second = await team.addTask();
  const foreign = await other.addTask();
  await admin.call(tasks.cancelTask, { params: { ...params, task: second.key } });
  await until(async () => (await list({ event_type: "task.cancelled" })).length === 1);

  const all = await list();
  const positions = all.map(({ position }) => position);
  expect(positions).toEqual([...positions].sort((left, right) => right - left));
  expect(all[0]).toMatchObject({ event_type: "task.cancelled", task_id: second.id, actor: { type: "user" } });
  expect(new Set(all.map(({ project_id }) => project_id))).toEqual(new Set([team.project]));
  expect(all.map(({ task_id }) => task_id)).not.toContain(foreign.id);

  const after = positions[3] ?? 0;
  expect((await list({ after })).map(({ position }) => position)).toEqual(positions.slice(0, 3).reverse());
  expect((await list({ after, limit: 1 })).map(({ position }) => position)).toEqual([positions[2]]);
  expect((await list({ before: positions[0] ?? 0, limit: 2 })).map(({ position }) => position)).toEqual(
    positions.slice(1, 3),
  );
  const types = async (query: z.input<typeof ActivityFilter>) =>
    (await list(query)).map(({ event_type }) => event_type);
  expect(await types({ task: first.key })).toEqual(["task.created"]);
  expect(await types({ task: second.id.slice(0, 12) })).toEqual(["task.cancelled", "task.created"]);
  expect(await types({ event_type: "no.such" })).toEqual([]);
  expect(await types({ session_id: "not-an-id" })).toEqual([]);
  expect(await refusalCode(list({ task: foreign.key }))).toBe("task_not_found");
});

test("facts are found by who did them, by several kinds, by server and by time", async () => {
  await using hub = await startTestHub();
  const admin = await hub.admin();
  await using team = await openTestTeam({ url: hub.url, admin });
  const params = { project: team.project };
  const list = async (query: z.input<typeof ActivityFilter> = {}) =>
    (await admin.call(operations.listActivity, { params, query })).activity;
  const types = async (query: z.input<typeof ActivityFilter>) =>
    (await list({ after: 0, ...query })).map(({ event_type }) => event_type as string);
  const task = await team.addTask();
  await admin.call(tasks.addNote, { params: { ...params, task: task.key }, body: { content: "Hello." } });
  await until(async () => (await types({ event_type: "note.added" })).length === 1);
  const { sql } = hub.database;
  await sql.query("update activity_log set at = '2020-02-02' where event_type = 'note.added'");

  expect(await types({ event_type: "task.created,note.added" })).toEqual(["task.created", "note.added"]);
  const ofServers = await types({ event_type: "server.*" });
  expect(ofServers).toEqual(expect.arrayContaining(["server.registered", "server.online"]));
  expect(ofServers.filter((type) => !type.startsWith("server."))).toEqual([]);
  expect(await types({ event_type: "server" })).toEqual([]);
  expect(await types({ event_type: "note.*, task.*", actor: "server" })).toEqual([]);
  expect(await types({ actor: "server" })).toContain("server.registered");
  expect(await types({ actor: "server" })).not.toContain("task.created");
  const [created] = await list({ event_type: "task.created" });
  expect(new Set((await list({ actor: created?.actor.id ?? "" })).map(({ actor }) => actor.id))).toEqual(
    new Set([created?.actor.id]),
  );
  const ofOne = await types({ server_id: team.daemon.serverId.toUpperCase() });
  expect(ofOne).toContain("server.registered");
  expect(ofOne).not.toContain("task.created");
  expect(await types({ since: "2020-02-02T00:00:00Z", until: "2020-02-02T00:00:01Z" })).toEqual(["note.added"]);
  expect(await types({ until: "2020-02-02T00:00:00Z" })).toEqual([]);
  expect(await types({ since: "2020-02-02T00:00:01Z" })).not.toContain("note.added");
  expect(await refusalCode(list({ since: "yesterday" }))).toBe("invalid_request");
});
