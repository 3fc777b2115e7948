import { TaskListQuery } from "@orchestratia/protocol/task-filter";
import type { ProjectId, TaskId } from "@orchestratia/protocol/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Caller, SYSTEM } from "../access/caller.ts";
import { createTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine, type TestServerRow } from "../testing/test-engine.ts";
import { assignTask } from "./assign-task.ts";
import { cancelTask } from "./cancel-task.ts";
import { failTask } from "./fail-task.ts";
import { listTasks } from "./list-tasks.ts";
import { startTask } from "./start-task.ts";
import { resolveTaskFilter } from "./task-conditions.ts";

let database: TestDatabase;
let on: TestEngine;
let project: ProjectId;
let server: TestServerRow;
let worker: Extract<Caller, { kind: "session" }>;
const key = new Map<string, string>();

const by = { auto_assign: false };
async function add(title: string, task: Record<string, unknown> = {}): Promise<TaskId> {
  const id = (await on.addTask(project, { ...by, title, ...task })) as TaskId;
  key.set(title, (await on.task(id)).key as string);
  return id;
}

beforeAll(async () => {
  database = await createTestDatabase();
  on = await openTestEngine(database.url);
  project = await on.addProject({ auto_start_sessions: false });
  server = await on.addServer(project, { name: "forge" });
  worker = await on.addSession(project, server, "shell");
  const other = await on.addProject();
  await on.addTask(other, { ...by, title: "foreign" });

  const broken = await add("broken", { labels: ["api", "db"], type: "bugfix" });
  await assignTask(on.engine, SYSTEM, broken, { session_id: worker.id });
  await startTask(on.engine, worker, broken);
  await failTask(on.engine, worker, broken, "no");
  const stuck = await add("stuck", { dependency_ids: [broken], priority: "critical" });
  await add("far", { dependency_ids: [stuck], labels: ["api"] });
  const open = await add("open", { priority: "low" });
  await add("waits", { dependency_ids: [open] });
  const parent = await add("epic", { type: "epic" });
  await add("child", { parent_id: parent });
  await cancelTask(on.engine, SYSTEM, await add("old"));
  await on.sql.query("update tasks set archived_at = now() where title = 'old'");
  const given = await add("given");
  await assignTask(on.engine, SYSTEM, given, { server_id: server.id });
  const running = await add("running");
  await assignTask(on.engine, SYSTEM, running, { session_id: worker.id });
  await startTask(on.engine, worker, running);
  await on.sql.query(`update tasks set created_by = '{"type":"user","id":"7f1c","name":"Ada"}' where title = 'child'`);
  await on.sql.query("update tasks set updated_at = '2020-01-01' where title <> all($1)", [["open", "child"]]);
  await on.sql.query("update tasks set updated_at = '2031-01-01' where title = 'open'");
});
afterAll(async () => {
  await on[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** As a request says it. */
async function titles(query: Record<string, unknown>): Promise<string[]> {
  const { q, sort, limit = 50, after: _, ...filter } = TaskListQuery.parse(query);
  const resolved = await resolveTaskFilter(on.engine.database, project, filter);
  const { tasks } = await listTasks(on.engine, project, { ...resolved, q, sort, limit });
  return tasks.map(({ title }) => title);
}
const ALL = ["broken", "stuck", "far", "open", "waits", "epic", "child", "given", "running"];

test("without a filter all are there but the archived and those of others", async () => {
  expect((await titles({})).sort()).toEqual([...ALL].sort());
});

test.each<[query: Record<string, unknown>, found: string[]]>([
  [{ status: "failed" }, ["broken"]],
  [{ status: "failed,running" }, ["broken", "running"]],
  [{ status: ["assigned", "running"] }, ["given", "running"]],
  [{ type: "bugfix,epic" }, ["broken", "epic"]],
  [{ priority: ["critical", "low"] }, ["stuck", "open"]],
  [{ label: "api" }, ["broken", "far"]],
  [{ label: ["api", "db"] }, ["broken"]],
  [{ server: "forge" }, ["broken", "given", "running"]],
  [{ blocked: "true" }, ["stuck", "far", "waits"]],
  [{ blocked: "false", status: "pending" }, ["open", "epic", "child"]],
  [{ blocked_by_failed: "true" }, ["stuck", "far"]],
  [{ blocked_by_failed: "false", blocked: "true" }, ["waits"]],
  [{ archived: "true" }, ["old"]],
  [{ archived: "any" }, [...ALL, "old"]],
  [{ created_by: "user" }, ["child"]],
  [{ created_by: "7F1C" }, ["child"]],
  [{ created_by: "system", type: "epic" }, ["epic"]],
  [{ updated_since: "2030-12-31T00:00:00Z" }, ["open"]],
  [{ updated_since: "2031-01-01T00:30:00+01:00" }, ["open"]],
  [{ parent: "none", type: "epic" }, ["epic"]],
  [{ label: "api", status: "pending", blocked_by_failed: "true" }, ["far"]],
])("%j", async (query, found) => {
  expect((await titles(query)).sort()).toEqual([...found].sort());
});

test("places and parents are named by id too", async () => {
  expect((await titles({ server: server.id })).sort()).toEqual(["broken", "given", "running"]);
  expect((await titles({ session: worker.id })).sort()).toEqual(["broken", "running"]);
  expect((await titles({ session: worker.name, status: "running" })).sort()).toEqual(["running"]);
  expect(await titles({ parent: key.get("epic") })).toEqual(["child"]);
  expect(await titles({ parent: "none" })).not.toContain("child");
  expect(await titles({ server: "nowhere" })).toEqual([]);
  await expect(titles({ parent: "NO-1" })).rejects.toMatchObject({ code: "task_not_found" });
});

test.each<[sort: "newest" | "oldest" | "priority" | "updated", first: string[]]>([
  ["newest", ["running", "given", "child"]],
  ["oldest", ["broken", "stuck", "far"]],
  ["priority", ["stuck", "broken", "far"]],
  ["updated", ["open", "child", "running"]],
])("%s: pages in this order hold every task once", async (sort, first) => {
  const whole = (await listTasks(on.engine, project, { sort, limit: 50 })).tasks.map(({ title }) => title);
  expect(whole.slice(0, 3)).toEqual(first);
  expect([...whole].sort()).toEqual([...ALL].sort());
  const seen: string[] = [];
  let after: Awaited<ReturnType<typeof listTasks>>["next"] = null;
  do {
    const page = await listTasks(on.engine, project, { sort, limit: 2, after: after ?? undefined });
    seen.push(...page.tasks.map(({ title }) => title));
    after = page.next;
  } while (after !== null);
  expect(seen).toEqual(whole);
});
