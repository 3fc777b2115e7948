import { Task, TaskSummary } from "@orchestratia/protocol/tasks";
import type { ProjectId, TaskId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import type { Sql } from "../db/transaction.ts";
import { addNote } from "../notes/add-note.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { assignTask } from "./assign-task.ts";
import { cancelTask } from "./cancel-task.ts";
import { checkTasks } from "./check-tasks.ts";
import { completeTask } from "./complete-task.ts";
import { failTask } from "./fail-task.ts";
import { listTasks } from "./list-tasks.ts";
import { getTask, getTasks } from "./queries.ts";
import { startTask } from "./start-task.ts";

const by = { auto_assign: false };
const key = (tasks: { key: string }[]) => tasks.map((task) => task.key.split("-")[1]);

async function edge(on: TestEngine, projectId: ProjectId, upstream: string, dependency_type = "blocks") {
  return on.addTask(projectId, { ...by, dependencies: [{ depends_on_task_id: upstream, dependency_type }] });
}

test("a task is read with all that belongs to it, in the wire's form", async () => {
  await using place = await createTestDatabase();
  await using on = await openTestEngine(place.url);
  const project = await on.addProject();
  const server = await on.addServer(project, { agents: ["custom"] });
  const worker = await on.addSession(project, server);
  const upstream = await on.addTask(project, { ...by, title: "First" });
  const id = await edge(on, project, upstream);
  const downstream = await edge(on, project, id, "related");
  await assignTask(on.engine, SYSTEM, upstream, { session_id: worker.id });
  await startTask(on.engine, worker, upstream);
  await completeTask(on.engine, worker, upstream, { result: { summary: "Made." }, allow_partial: false });
  for (let n = 1; n <= 22; n++) await addNote(on.engine, SYSTEM, id, { content: `note ${n}`, urgent: false });

  const first = Task.parse(await getTask(on.engine, upstream));
  expect(first).toMatchObject({ status: "done", result: { summary: "Made." }, assigned_server_id: server.id });
  expect(first.completed_at).toMatch(/^\d{4}-.*Z$/);
  expect(first.dependents).toEqual([expect.objectContaining({ task_id: id, status: "pending", resolved: true })]);

  const task = Task.parse(await getTask(on.engine, id));
  expect(task.dependencies).toEqual([
    expect.objectContaining({
      depends_on_task_id: upstream,
      depends_on_title: "First",
      depends_on_status: "done",
      dependency_type: "blocks",
      contract_key: null,
      resolved: true,
    }),
  ]);
  expect(task.dependents.map(({ task_id }) => task_id)).toEqual([downstream]);
  expect(task.recent_notes.map(({ content }) => content)).toEqual(
    Array.from({ length: 20 }, (_, n) => `note ${n + 3}`),
  );
  expect(task.recent_notes[0]?.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(task).toMatchObject({
    blocked: false,
    waiting_for: "Not to be assigned automatically",
    moves: ["assign", "cancel"],
  });
});

test("an unknown task is task_not_found, and tasks come in the order asked for", async () => {
  await using place = await createTestDatabase();
  await using on = await openTestEngine(place.url);
  const project = await on.addProject();
  const ids = [await on.addTask(project, by), await on.addTask(project, by), await on.addTask(project, by)];
  const asked = [ids[2], ids[0], ids[1]] as string[];
  expect((await getTasks(on.engine, asked)).map(({ id }) => id as string)).toEqual(asked);
  await expect(getTask(on.engine, crypto.randomUUID())).rejects.toMatchObject({ code: "task_not_found" });
});

test("pages hold every task once, newest first, whatever is added meanwhile", async () => {
  await using place = await createTestDatabase();
  await using on = await openTestEngine(place.url);
  const project = await on.addProject();
  const elsewhere = await on.addProject();
  for (let n = 1; n <= 7; n++) await on.addTask(project, by);
  await on.addTask(elsewhere, by);

  const first = await listTasks(on.engine, project, { limit: 3 });
  expect(key(first.tasks)).toEqual(["7", "6", "5"]);
  await on.addTask(project, by);
  const second = await listTasks(on.engine, project, { limit: 3, after: first.next ?? undefined });
  expect(key(second.tasks)).toEqual(["4", "3", "2"]);
  const third = await listTasks(on.engine, project, { limit: 3, after: second.next ?? undefined });
  expect(key(third.tasks)).toEqual(["1"]);
  expect(third.next).toBeNull();
  for (const task of first.tasks) TaskSummary.parse(task);
});

test("a filtered list holds one status only", async () => {
  await using place = await createTestDatabase();
  await using on = await openTestEngine(place.url);
  const project = await on.addProject();
  await on.addTask(project, by);
  await cancelTask(on.engine, SYSTEM, await on.addTask(project, by));
  await on.addTask(project, by);
  expect(key((await listTasks(on.engine, project, { status: ["cancelled"], limit: 10 })).tasks)).toEqual(["2"]);
  expect(key((await listTasks(on.engine, project, { status: ["pending"], limit: 10 })).tasks)).toEqual(["3", "1"]);
});

test("what waits for a failed task is told so all the way down, and only there", async () => {
  await using place = await createTestDatabase();
  await using on = await openTestEngine(place.url);
  const project = await on.addProject();
  const server = await on.addServer(project, { agents: ["custom"] });
  const worker = await on.addSession(project, server);
  const failing = await on.addTask(project, by);
  const near = await edge(on, project, failing);
  const far = await edge(on, project, near);
  const beside = await edge(on, project, failing, "related");
  const other = await edge(on, project, await on.addTask(project, by));
  await assignTask(on.engine, SYSTEM, failing, { session_id: worker.id });
  await startTask(on.engine, worker, failing);
  await failTask(on.engine, worker, failing, "It cannot be done.");

  const state = async (id: string) => {
    const { blocked, blocked_by_failed, waiting_for } = await getTask(on.engine, id);
    return { blocked, blocked_by_failed, waiting_for: waiting_for?.replaceAll(/P\w+-/g, "P-") };
  };
  expect(await state(near)).toEqual({
    blocked: true,
    blocked_by_failed: true,
    waiting_for: "Waits for P-1, which failed",
  });
  expect(await state(far)).toEqual({ blocked: true, blocked_by_failed: true, waiting_for: "Waits for P-2" });
  expect(await state(beside)).toMatchObject({ blocked: false, blocked_by_failed: false });
  expect(await state(other)).toEqual({ blocked: true, blocked_by_failed: false, waiting_for: "Waits for P-5" });
  const { tasks } = await listTasks(on.engine, project, { limit: 10 });
  expect(key(tasks.filter((task) => task.blocked_by_failed))).toEqual(["3", "2"]);
});

test("a list costs the same few statements however long it is", async () => {
  await using place = await createTestDatabase();
  await using on = await openTestEngine(place.url);
  const project = await on.addProject();
  const tasks: string[] = [];
  const counted = async (limit: number) => {
    let statements = 0;
    const sql: Sql = {
      query: (statement, values) => {
        statements += 1;
        return on.engine.database.sql.query(statement, values);
      },
    };
    const fleet = {
      of: (id: string) => on.engine.fleet.of(id),
      read: async () => {
        statements += 1;
        return [];
      },
    };
    const page = await listTasks({ database: { sql }, fleet }, project, { limit });
    return { length: page.tasks.length, statements };
  };
  for (let n = 0; n < 4; n++) {
    const root = await on.addTask(project);
    tasks.push(root, await edge(on, project, root), await edge(on, project, root));
  }
  const few = await counted(2);
  const many = await counted(12);
  expect(many).toEqual({ length: 12, statements: 3 });
  expect(few.statements).toBeLessThanOrEqual(3);
});

test("check shows what the session has to do: begun first, what waits for others last", async () => {
  await using place = await createTestDatabase();
  await using on = await openTestEngine(place.url);
  const project = await on.addProject();
  const server = await on.addServer(project, { agents: ["custom"] });
  const elsewhere = await on.addServer(project, { agents: ["custom"] });
  const worker = await on.addSession(project, server);
  const busy = await on.addSession(project, elsewhere);
  const add = (task = {}) => on.addTask(project, { ...by, ...task });
  const open = await add();
  const blocked = await add({ priority: "critical", dependency_ids: [open] });
  const normal = await add();
  const urgent = await add({ priority: "high" });
  const running = await add({ priority: "low" });
  const offered = await add();
  const foreign = await add();
  const finished = await add();
  const give = (id: string, to: object) => assignTask(on.engine, SYSTEM, id, to);
  await give(finished, { session_id: worker.id });
  await startTask(on.engine, worker, finished);
  await completeTask(on.engine, worker, finished, { result: null, allow_partial: false });
  for (const id of [blocked, normal, urgent, running]) await give(id, { session_id: worker.id });
  await startTask(on.engine, worker, running);
  await give(offered, { server_id: server.id });
  await on.engine.delivery.settled();
  await give(foreign, { session_id: busy.id });

  const names = new Map<string, string>(
    Object.entries({ blocked, normal, urgent, running, offered, foreign }).map(([name, id]) => [id, name]),
  );
  const check = async (caller: Parameters<typeof checkTasks>[1], session?: string) =>
    (await checkTasks(on.engine, caller, session)).map((task) => names.get(Task.parse(task).id));
  const all = ["running", "urgent", "normal", "offered", "blocked"];
  // Who has something to do itself is not offered what the server was given.
  const own = all.filter((name) => name !== "offered");
  expect(await check(worker)).toEqual(own);
  expect(await check({ ...worker, role: "orchestrator" })).toEqual(own);
  expect(await check(busy)).toEqual(["foreign"]);
  const serverKey = { kind: "server", id: server.id, name: "box", projectId: project } as const;
  expect(await check(serverKey)).toEqual(all);
  expect(await check(serverKey, worker.id)).toEqual(own);
  expect(await check({ ...serverKey, id: elsewhere.id })).toEqual(["foreign"]);
  await expect(check(serverKey, busy.id)).rejects.toMatchObject({ code: "session_not_found" });
  await expect(check(serverKey, "tmux-1")).rejects.toMatchObject({ code: "session_not_found" });
});

test("a pending task says why no server takes it, from the servers there are now", async () => {
  await using place = await createTestDatabase();
  await using on = await openTestEngine(place.url);
  const project = await on.addProject();
  const structured_spec = { capability_requirements: { repo: "shop" } };
  const id = (await on.addTask(project, { structured_spec })) as TaskId;
  const words = async () => (await getTask(on.engine, id)).waiting_for;
  expect(await words()).toBe("No server is registered");
  await on.addServer(project, { repos: ["other"] });
  expect(await words()).toBe("No server with repo shop is registered");
  const full = await on.addServer(project, { name: "full", repos: ["shop"], max: 0 });
  expect(await words()).toBe("Waiting for a free place on full");
  await on.sql.query("update servers set draining = true where id = $1", [full.id]);
  await on.engine.fleet.refresh(full.id);
  expect(await words()).toBe("Every server with repo shop is being drained");
});
