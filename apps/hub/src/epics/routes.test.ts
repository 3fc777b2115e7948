import * as epics from "@orchestratia/protocol/operations/epics";
import * as tasks from "@orchestratia/protocol/operations/people-tasks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusalCode, type TestTeam } from "../testing/test-team.ts";

let hub: TestHub;
let team: TestTeam;

beforeAll(async () => {
  hub = await startTestHub();
  team = await openTestTeam({ url: hub.url, admin: await hub.admin() });
});
afterAll(async () => {
  await team[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const onTask = (task: string) => ({ params: { project: team.project, task } });

test("an epic counts its children and lists them in their order, page by page", async () => {
  const epic = await team.addTask({ title: "Epic", type: "epic", exec_mode: "seq" });
  expect(epic).toMatchObject({ exec_mode: "seq", children: null, position: null });
  const add = (title: string, more: object = {}) => team.addTask({ title, parent_id: epic.key, ...more });
  const [a, c] = [await add("a"), await add("c")];
  const b = await add("b", { after: a.key });
  const first = await add("first", { place: 1 });
  expect(b).toMatchObject({ parent_id: epic.id, blocked: true, waiting_for: `Waits for ${a.key}` });
  const titles = async (query: { limit?: number; after?: string } = {}) => {
    const { tasks, next } = await team.admin.call(epics.listChildren, { ...onTask(epic.key), query });
    return { titles: tasks.map(({ title }) => title), next };
  };
  expect(await titles()).toEqual({ titles: ["first", "a", "b", "c"], next: null });
  const page = await titles({ limit: 3 });
  expect(page.titles).toEqual(["first", "a", "b"]);
  expect(await titles({ limit: 3, after: String(page.next) })).toEqual({ titles: ["c"], next: null });
  expect(await refusalCode(titles({ after: "x" }))).toBe("invalid_request");

  const moved = await team.admin.call(epics.placeTask, { ...onTask(c.key), body: { before: first.key } });
  expect(moved).toMatchObject({ id: c.id, blocked: false });
  expect((await titles()).titles).toEqual(["c", "first", "a", "b"]);
  await team.admin.call(tasks.cancelTask, onTask(c.key));
  const { children } = await team.admin.call(tasks.viewTask, onTask(epic.key));
  expect(children).toEqual({ total: 4, settled: 1, done: 0 });

  await team.admin.call(epics.placeTask, { ...onTask(b.key), body: { parent_id: null } });
  expect((await titles()).titles).toEqual(["c", "first", "a"]);
  const update = { ...onTask(epic.key), body: { exec_mode: "par" as const } };
  expect(await team.admin.call(tasks.updateTask, update)).toMatchObject({ exec_mode: "par" });
  expect(await team.admin.call(tasks.viewTask, onTask(a.key))).toMatchObject({ blocked: false, dependencies: [] });
});

test("only one place can be said", async () => {
  const epic = await team.addTask({ type: "epic" });
  const a = await team.addTask({ parent_id: epic.key });
  const body = { after: a.key, place: 1 };
  expect(await refusalCode(team.admin.call(epics.placeTask, { ...onTask(a.key), body }))).toBe("invalid_request");
  expect(await refusalCode(team.addTask({ parent_id: epic.key, ...body }))).toBe("invalid_request");
});

test("orchestrators move tasks, workers only look", async () => {
  const epic = await team.addTask({ type: "epic" });
  const a = await team.addTask();
  const worker = await team.startAgent("worker");
  const orchestrator = await team.startAgent("orchestrator");
  const place = { params: { task: a.key }, body: { parent_id: epic.key } };
  expect(await refusalCode(worker.client.call(epics.agentPlaceTask, place))).toBe("forbidden");
  expect(await orchestrator.client.call(epics.agentPlaceTask, place)).toMatchObject({ parent_id: epic.id });
  const { tasks } = await worker.client.call(epics.agentListChildren, { params: { task: epic.key } });
  expect(tasks.map(({ id }) => id)).toEqual([a.id]);
});

test("another project's tasks are not there", async () => {
  const other = await hub.project();
  const a = await team.addTask();
  const params = { project: other.key, task: a.id };
  expect(await refusalCode(team.admin.call(epics.listChildren, { params }))).toBe("task_not_found");
  expect(await refusalCode(team.admin.call(epics.placeTask, { params, body: {} }))).toBe("task_not_found");
});
