import { Completion, NewTask, TaskChanges } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { addDependency } from "../dependencies/add-dependency.ts";
import { archiveTask, unarchiveTask } from "../tasks/archive-task.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { createTask } from "../tasks/create-task.ts";
import { failTask } from "../tasks/fail-task.ts";
import { reopenTask } from "../tasks/reopen-task.ts";
import { requeueTask } from "../tasks/requeue-task.ts";
import { retryTask } from "../tasks/retry-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { updateTask } from "../tasks/update-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { until } from "../testing/until.ts";
import { type NewPlace, placeTask } from "./place-task.ts";

const done = Completion.parse({ result: "done" });

/** A project with an epic whose children stand in a row, and enough room for all of them. */
async function row(hub: TestEngine, children: string[], mode: "seq" | "par" = "seq") {
  const project = await hub.addProject();
  const server = await hub.addServer(project, { max: 50 });
  const names = new Map<string, string>();
  const add = async (name: string, more: Record<string, unknown> = {}) => {
    const id = await hub.addTask(project, { title: name, auto_assign: false, ...more });
    names.set(id, name);
    return id;
  };
  const epic = await add("epic", { type: "epic", exec_mode: mode });
  const ids: Record<string, string> = {};
  for (const name of children) ids[name] = await add(name, { parent_id: epic });
  const idOf = (name: string) => (name === "epic" ? epic : (ids[name] as string));
  return {
    project,
    server,
    epic,
    idOf,
    async child(name: string, more: Record<string, unknown> = {}) {
      ids[name] = await add(name, { parent_id: epic, ...more });
    },
    async task(name: string, more: Record<string, unknown> = {}) {
      ids[name] = await add(name, more);
    },
    place: (name: string, place: NewPlace) => placeTask(hub.engine, SYSTEM, idOf(name), place),
    depend: (name: string, upstream: string) =>
      addDependency(hub.engine, SYSTEM, idOf(name), {
        depends_on_task_id: idOf(upstream) as never,
        dependency_type: "blocks",
      }),
    async begin(name: string) {
      const session = await hub.addSession(project, server);
      await assignTask(hub.engine, SYSTEM, idOf(name), { session_id: session.id });
      await startTask(hub.engine, session, idOf(name));
      return session;
    },
    /** `b>a` for an edge that holds b back, `b-a` for a resolved one, in order. */
    async edges(): Promise<string[]> {
      await hub.settled();
      const rows = await hub.sql.query<{ task_id: string; depends_on_task_id: string; resolved: boolean }>(
        "select task_id, depends_on_task_id, resolved from task_dependencies where dependency_type = 'order'",
      );
      return rows
        .map((edge) => [names.get(edge.task_id), names.get(edge.depends_on_task_id)].join(edge.resolved ? "-" : ">"))
        .sort();
    },
  };
}

test("children of a sequence wait for their neighbours, wherever they are put", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { idOf, child, place, edges } = await row(hub, ["a", "c"]);
  expect(await edges()).toEqual(["c>a"]);
  await child("b", { after: idOf("a") });
  expect(await edges()).toEqual(["b>a", "c>b"]);
  await child("first", { place: 1 });
  expect(await edges()).toEqual(["a>first", "b>a", "c>b"]);
  await place("c", { before: idOf("a") });
  expect(await edges()).toEqual(["a>c", "b>a", "c>first"]);
  await place("first", { place: 99 });
  expect(await edges()).toEqual(["a>c", "b>a", "first>b"]);
  expect(await hub.task(idOf("c"))).toMatchObject({ blockers: 0 });
  expect(await hub.task(idOf("first"))).toMatchObject({ blockers: 1 });
});

test("insertions at one place find room, however many there are", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { epic, child, idOf, edges } = await row(hub, ["a", "z"]);
  let before = "z";
  for (let at = 0; at < 14; at++) {
    await child(`m${at}`, { before: idOf(before) });
    before = `m${at}`;
  }
  const order = await hub.sql.query<{ title: string }>(
    "select title from tasks where parent_id = $1 order by position, number",
    [epic],
  );
  const middle = Array.from({ length: 14 }, (_, at) => `m${13 - at}`);
  expect(order.map(({ title }) => title)).toEqual(["a", ...middle, "z"]);
  expect((await edges()).length).toBe(15);
});

test("a neighbour that is no sibling is refused, and so is a place without a parent", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, epic, idOf, place, task } = await row(hub, ["a", "b"]);
  await task("alone");
  await expect(place("a", { after: idOf("alone") })).rejects.toMatchObject({ code: "invalid_request" });
  await expect(place("a", { after: idOf("a") })).rejects.toMatchObject({ code: "invalid_request" });
  await expect(place("alone", { place: 1 })).rejects.toMatchObject({ code: "invalid_request" });
  const create = (more: object) =>
    createTask(hub.engine, SYSTEM, project, NewTask.parse({ title: "T", spec: "S", ...more }));
  await expect(create({ before: idOf("a") })).rejects.toMatchObject({ code: "invalid_request" });
  await expect(create({ parent_id: epic, before: idOf("alone") })).rejects.toMatchObject({ code: "invalid_request" });
});

test("side by side and back: only a sequence has order edges", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { epic, edges } = await row(hub, ["a", "b", "c"], "par");
  const mode = (exec_mode: "par" | "seq") => updateTask(hub.engine, SYSTEM, epic, TaskChanges.parse({ exec_mode }));
  expect(await edges()).toEqual([]);
  await mode("seq");
  expect(await edges()).toEqual(["b>a", "c>b"]);
  await mode("par");
  expect(await edges()).toEqual([]);
});

test("a sequence goes on past what is done or cancelled, and a failed one holds it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { idOf, begin, edges } = await row(hub, ["a", "b", "c", "d"]);
  await cancelTask(hub.engine, SYSTEM, idOf("b"));
  expect(await edges()).toEqual(["b>a", "c-b", "c>a", "d>c"]);
  // A cancelled neighbour is nothing to ask about.
  expect(await hub.sql.query("select id from interventions")).toEqual([]);
  const session = await begin("a");
  await completeTask(hub.engine, session, idOf("a"), done);
  expect(await edges()).toEqual(["b-a", "c-b", "d>c"]);
  const second = await begin("c");
  await failTask(hub.engine, second, idOf("c"), "broken");
  await hub.settled();
  expect(await hub.task(idOf("d"))).toMatchObject({ status: "pending", blockers: 1 });
});

test("an archived child lets the next one go", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { idOf, begin, edges } = await row(hub, ["a", "b"]);
  const session = await begin("a");
  await failTask(hub.engine, session, idOf("a"), "broken");
  expect(await edges()).toEqual(["b>a"]);
  await archiveTask(hub.engine, SYSTEM, idOf("a"));
  expect(await edges()).toEqual(["b-a"]);
  expect(await hub.task(idOf("b"))).toMatchObject({ blockers: 0 });
  await unarchiveTask(hub.engine, SYSTEM, idOf("a"));
  expect(await edges()).toEqual(["b>a"]);
  // What nobody heard of is found in the rows.
  await hub.sql.query("update tasks set archived_at = now() where id = $1", [idOf("a")]);
  await hub.engine.rederive();
  expect(await edges()).toEqual(["b-a"]);
});

test("what has begun is held back by nothing new, and what comes after it waits for both", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { idOf, begin, child, edges } = await row(hub, ["b", "c"]);
  const session = await begin("b");
  await child("a", { before: idOf("b") });
  expect(await edges()).toEqual(["c>a", "c>b"]);
  await completeTask(hub.engine, session, idOf("b"), done);
  expect(await edges()).toEqual(["c-b", "c>a"]);
  expect(await hub.task(idOf("c"))).toMatchObject({ blockers: 1 });
});

test("an assigned child that is moved behind another gives its place back, and takes one when it is free again", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, idOf, place, server, edges } = await row(hub, ["a", "b"]);
  const session = await hub.addSession(project, server);
  await hub.sql.query("update tasks set auto_assign = true where id = $1", [idOf("a")]);
  hub.engine.matcher.wake(project);
  await hub.settled();
  expect(server.frames.at(-1)).toMatchObject({ type: "task_assigned", task_id: idOf("a") });
  await place("a", { after: idOf("b") });
  expect(await edges()).toEqual(["a>b"]);
  const places = () => hub.sql.query("select active_tasks from servers");
  expect(await places()).toEqual([{ active_tasks: 0 }]);
  expect(await hub.task(idOf("a"))).toMatchObject({ status: "assigned", blockers: 1, delivered_at: null });
  await expect(startTask(hub.engine, session, idOf("a"))).rejects.toMatchObject({ code: "dependencies_unresolved" });
  await cancelTask(hub.engine, SYSTEM, idOf("b"));
  await hub.settled();
  expect(await places()).toEqual([{ active_tasks: 1 }]);
  expect(await hub.task(idOf("a"))).toMatchObject({ blockers: 0 });
  await startTask(hub.engine, session, idOf("a"));
});

test("an order that contradicts a dependency is refused with the way round", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { epic, idOf, depend, place, child, edges } = await row(hub, ["a", "b"], "par");
  await depend("a", "b");
  const keyOf = async (name: string) => String((await hub.task(idOf(name))).key);
  const path = [await keyOf("b"), await keyOf("a"), await keyOf("b")];
  const seq = updateTask(hub.engine, SYSTEM, epic, TaskChanges.parse({ exec_mode: "seq" }));
  await expect(seq).rejects.toMatchObject({ code: "dependency_cycle", members: { path } });
  expect(await hub.task(epic)).toMatchObject({ exec_mode: "par" });
  await place("a", { after: idOf("b") });
  await updateTask(hub.engine, SYSTEM, epic, TaskChanges.parse({ exec_mode: "seq" }));
  // One edge was asked for, the other says where they stand.
  expect(await edges()).toEqual(["a>b"]);
  expect(await hub.task(idOf("a"))).toMatchObject({ blockers: 2 });
  await expect(place("a", { before: idOf("b") })).rejects.toMatchObject({ code: "dependency_cycle" });
  await child("c");
  await expect(depend("a", "c")).rejects.toMatchObject({ code: "dependency_cycle" });
  expect(await edges()).toEqual(["a>b", "c>a"]);
});

test("nobody waits for the parent that waits for it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { epic, idOf, depend, place, task } = await row(hub, ["a"], "par");
  await expect(depend("a", "epic")).rejects.toMatchObject({ code: "dependency_cycle" });
  await task("after");
  await depend("after", "epic");
  await expect(place("after", { parentId: epic })).rejects.toMatchObject({ code: "dependency_cycle" });
  expect(await hub.task(idOf("after"))).toMatchObject({ parent_id: null });
});

test("a task moves between parents with its children, never below itself or under what is settled", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { epic, idOf, place, task, edges } = await row(hub, ["a", "b", "c"]);
  await task("other", { type: "epic", exec_mode: "seq" });
  await task("x", { parent_id: idOf("other") });
  await place("b", { parentId: idOf("other") });
  expect(await edges()).toEqual(["b>x", "c>a"]);
  await place("other", { parentId: epic, after: idOf("a") });
  expect(await edges()).toEqual(["b>x", "c>other", "other>a", "x>a"]);
  await expect(place("epic", { parentId: idOf("other") })).rejects.toMatchObject({ code: "parent_cycle" });
  await expect(place("other", { parentId: idOf("other") })).rejects.toMatchObject({ code: "parent_cycle" });
  await place("x", { parentId: null });
  expect(await edges()).toEqual(["b>a", "c>other", "other>a"]);
  await task("over");
  await cancelTask(hub.engine, SYSTEM, idOf("over"));
  await expect(place("x", { parentId: idOf("over") })).rejects.toMatchObject({ code: "parent_settled" });
  const foreign = await hub.addTask(await hub.addProject());
  await expect(place("x", { parentId: foreign })).rejects.toMatchObject({ code: "task_not_found" });
});

test("two who move neighbours past each other at once leave one order", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  await using other = await openTestEngine(database.url);
  const { project, idOf, place, edges } = await row(hub, ["a", "b", "c"]);
  const outcomes = await hub.race(
    "select id from tasks where id = $1 for update",
    [idOf("c")],
    [() => place("a", { after: idOf("b") }), () => placeTask(other.engine, SYSTEM, idOf("b"), { after: idOf("c") })],
  );
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  const order = await hub.sql.query<{ title: string }>(
    "select title from tasks where parent_id is not null and project_id = $1 order by position, number",
    [project],
  );
  const names = order.map(({ title }) => title);
  expect(await edges()).toEqual(
    names
      .slice(1)
      .map((name, at) => `${name}>${names[at]}`)
      .sort(),
  );
});

test("a child that is taken up again holds back what comes after it and has not begun", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { idOf, begin, edges, depend } = await row(hub, ["a", "b", "c"]);
  await depend("b", "a");
  const session = await begin("a");
  await completeTask(hub.engine, session, idOf("a"), done);
  await cancelTask(hub.engine, SYSTEM, idOf("b"));
  expect(await edges()).toEqual(["b-a", "c-b"]);
  expect(await hub.task(idOf("c"))).toMatchObject({ blockers: 0 });
  await retryTask(hub.engine, SYSTEM, idOf("b"));
  expect(await hub.task(idOf("c"))).toMatchObject({ blockers: 1 });
  expect(await edges()).toEqual(["b-a", "c>b"]);
  await reopenTask(hub.engine, SYSTEM, idOf("a"));
  expect(await hub.task(idOf("b"))).toMatchObject({ status: "pending", blockers: 2 });
  expect(await edges()).toEqual(["b>a", "c>b"]);
});

test("a requeued child waits for what was put before it meanwhile", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { idOf, begin, edges, child } = await row(hub, ["b"]);
  await begin("b");
  await child("a", { before: idOf("b") });
  expect(await edges()).toEqual([]);
  await requeueTask(hub.engine, SYSTEM, idOf("b"), "a comes first");
  expect(await hub.task(idOf("b"))).toMatchObject({ status: "pending", blockers: 1 });
  expect(await edges()).toEqual(["b>a"]);
});

test("reopening never makes a circle: what somebody asked for counts, the order gives way", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { idOf, begin, edges, depend, place } = await row(hub, ["b", "a"]);
  const session = await begin("b");
  await completeTask(hub.engine, session, idOf("b"), done);
  await hub.settled();
  await place("b", { after: idOf("a") });
  await depend("a", "b");
  await reopenTask(hub.engine, SYSTEM, idOf("b"));
  expect(await edges()).toEqual([]);
  expect(await hub.task(idOf("a"))).toMatchObject({ blockers: 1 });
  expect(await hub.task(idOf("b"))).toMatchObject({ blockers: 0, status: "pending" });
});

test("a child begun while another is put before it: it goes on", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  await using other = await openTestEngine(database.url);
  const { project, server, epic, idOf, edges } = await row(hub, ["b"]);
  const session = await hub.addSession(project, server);
  await assignTask(hub.engine, SYSTEM, idOf("b"), { session_id: session.id });
  await Promise.all([hub.settled(), other.settled()]);
  const startWaits = async () => {
    const rows = await hub.sql.query(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return rows.length > 0;
  };
  const outcomes = await hub.race<unknown>(
    "select id from tasks where id = $1 for update",
    [idOf("b")],
    [
      () => startTask(hub.engine, session, idOf("b")),
      // The start is first in line for the row: the insertion must not decide on what it read before.
      async () => {
        await until(startWaits);
        return other.addTask(project, { parent_id: epic, before: idOf("b"), auto_assign: false });
      },
    ],
  );
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  expect(await hub.task(idOf("b"))).toMatchObject({ status: "running", blockers: 0 });
  expect(await edges()).toEqual([]);
});
