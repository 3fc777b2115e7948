import { Completion } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { assignTask, unassignTask } from "./assign-task.ts";
import { completeTask } from "./complete-task.ts";
import { startTask } from "./start-task.ts";
import { updateTask } from "./update-task.ts";

const finished = Completion.parse({ result: { summary: "done" } });
const placesOf = async (hub: TestEngine, id: string) =>
  (await hub.sql.query<{ active_tasks: number }>("select active_tasks from servers where id = $1", [id]))[0]
    ?.active_tasks;

test("a person may assign to a full server; its count goes beyond the most, in the rows and in the matcher's picture", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const server = await hub.addServer(project, { max: 1 });
  const tasks = [await hub.addTask(project), await hub.addTask(project, { auto_assign: false })];
  await hub.settled();
  await assignTask(hub.engine, SYSTEM, tasks[1] as string, { server_id: server.id });
  expect(await placesOf(hub, server.id)).toBe(2);
  expect(hub.engine.fleet.of(project).get(server.id)?.activeTasks).toBe(2);
});

test("a task assigned while blocked takes no place until it is free, and is delivered then", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const server = await hub.addServer(project, { max: 1 });
  const session = await hub.addSession(project, server);
  const first = await hub.addTask(project, { auto_assign: false });
  const second = await hub.addTask(project, { auto_assign: false, dependency_ids: [first] });
  const third = await hub.addTask(project, { auto_assign: false, dependency_ids: [second] });
  for (const task of [third, second, first]) await assignTask(hub.engine, SYSTEM, task, { session_id: session.id });
  await hub.settled();
  expect(await placesOf(hub, server.id)).toBe(1);

  for (const task of [first, second, third]) {
    await hub.settled();
    expect(server.frames.at(-1)).toMatchObject({ type: "task_assigned", task_id: task, session_id: session.id });
    await startTask(hub.engine, session, task);
    await completeTask(hub.engine, session, task, finished);
  }
  expect(await placesOf(hub, server.id)).toBe(0);
});

test("another assignment replaces server and session, and the place moves along", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const [one, two] = [await hub.addServer(project), await hub.addServer(project)];
  const [first, second] = [await hub.addSession(project, one), await hub.addSession(project, two)];
  const task = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, task, { session_id: first.id });
  await hub.settled();
  await assignTask(hub.engine, SYSTEM, task, { session_name: second.name });
  await hub.settled();
  expect([await placesOf(hub, one.id), await placesOf(hub, two.id)]).toEqual([0, 1]);
  expect(two.frames.at(-1)).toMatchObject({ type: "task_assigned", session_id: second.id });
  await expect(startTask(hub.engine, first, task)).rejects.toMatchObject({ code: "not_the_worker" });
  // The first session is free for other work again.
  const next = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, next, { server_id: one.id });
  await hub.settled();
  expect(one.frames.at(-1)).toMatchObject({ type: "task_assigned", session_id: first.id, task_id: next });
});

const openQuestions = async (hub: TestEngine, task: string) =>
  (
    await hub.sql.query<{ cause: string }>(
      "select cause from interventions where task_id = $1 and status = 'pending' and raised_by = 'hub'",
      [task],
    )
  ).map(({ cause }) => cause);
/** As if so many minutes had passed since the task's session was told of it. */
async function pass(hub: TestEngine, task: string, minutes: number): Promise<void> {
  await hub.sql.query(
    `update tasks set told_at = told_at - make_interval(mins => $2),
       reminded_at = reminded_at - make_interval(mins => $2) where id = $1`,
    [task, minutes],
  );
  await hub.engine.rederive();
  await hub.settled();
}

test("another assignment takes back what was asked about the old session, tells it so, and the new one has all of its time", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const [one, two] = [await hub.addServer(project), await hub.addServer(project)];
  const [first, second] = [await hub.addSession(project, one), await hub.addSession(project, two)];
  const task = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, task, { session_id: first.id });
  await hub.settled();
  // The first session is busy when it is to be told again: the row says that it waits to be told.
  await hub.sessionReports(first.id, "working");
  await pass(hub, task, 10);
  await updateTask(hub.engine, SYSTEM, task, { spec: "Do it well." });
  await pass(hub, task, 10);
  expect(await openQuestions(hub, task)).toEqual(["not_started"]);
  await hub.sql.query("update tasks set ask_at = now() + interval '1 hour' where id = $1", [task]);

  await assignTask(hub.engine, SYSTEM, task, { session_id: second.id });
  expect(await openQuestions(hub, task)).toEqual([]);
  await hub.settled();
  expect(one.frames.at(-1)).toMatchObject({
    type: "task_note",
    session_id: first.id,
    urgent: true,
    content: expect.stringContaining("is not yours any more"),
  });
  expect(await hub.task(task)).toMatchObject({
    assigned_session_id: second.id,
    deliveries: 1,
    reminded_at: null,
    ask_at: null,
    untold_change: false,
  });
  const pushes = () => two.frames.filter(({ type }) => type === "task_assigned").length;
  await pass(hub, task, 9);
  expect(pushes()).toBe(1);
  await pass(hub, task, 1);
  expect(pushes()).toBe(2);
  await pass(hub, task, 9);
  expect(await openQuestions(hub, task)).toEqual([]);
  await pass(hub, task, 1);
  expect(await openQuestions(hub, task)).toEqual(["not_started"]);
});

test("a session that was only chosen hears nothing when the task goes elsewhere, nor one that keeps it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const server = await hub.addServer(project);
  const [busy, other] = [await hub.addSession(project, server), await hub.addSession(project, server)];
  await hub.sessionReports(busy.id, "working");
  const task = await hub.addTask(project, { auto_assign: false });
  for (const session of [busy, other, other]) {
    await assignTask(hub.engine, SYSTEM, task, { session_id: session.id });
    await hub.settled();
  }
  expect(server.frames.filter(({ type }) => type === "task_note")).toEqual([]);
  expect(server.frames.filter(({ type }) => type === "task_assigned")).toHaveLength(2);
});

test("a session that has the task back before it could be told of the loss is not told", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const server = await hub.addServer(project);
  const [first, second] = [await hub.addSession(project, server), await hub.addSession(project, server)];
  const task = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, task, { session_id: first.id });
  await hub.settled();
  await hub.sessionReports(first.id, "waiting");
  for (const session of [second, first]) {
    await assignTask(hub.engine, SYSTEM, task, { session_id: session.id });
    await hub.settled();
  }
  await hub.sessionReports(first.id, "idle");
  await hub.settled();
  const toFirst = server.frames.filter((frame) => "session_id" in frame && frame.session_id === first.id);
  expect(toFirst.map(({ type }) => type)).not.toContain("task_note");
  expect(await hub.task(task)).toMatchObject({ assigned_session_id: first.id, deliveries: 1 });
});

test("taken back by hand a task forgets where it was and waits for a person", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const task = await hub.addTask(project);
  await hub.settled();
  await hub.sql.query("update tasks set start_failures = 3 where id = $1", [task]);
  await unassignTask(hub.engine, SYSTEM, task);
  await hub.settled();
  expect(await hub.task(task)).toMatchObject({
    status: "pending",
    auto_assign: false,
    assigned_server_id: null,
    assigned_session_id: null,
    delivered_at: null,
    deliveries: 0,
    start_failures: 0,
    placed_by_matcher: false,
  });
  await expect(startTask(hub.engine, session, task)).rejects.toMatchObject({ code: "task_wrong_status" });
  // Its session may have other work.
  const other = await hub.addTask(project);
  await hub.settled();
  expect(await hub.task(other)).toMatchObject({ assigned_session_id: session.id });
});

test("what its children settle is never assigned: not by hand, not by the matcher, not when it is unblocked", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const server = await hub.addServer(project, { max: 10 });
  const session = await hub.addSession(project, server);
  const upstream = await hub.addTask(project);
  await hub.settled();
  const epic = await hub.addTask(project, { type: "epic", dependency_ids: [upstream] });
  const parent = await hub.addTask(project, { dependency_ids: [upstream] });
  await hub.addTask(project, { parent_id: parent, auto_assign: false });
  for (const id of [epic, parent]) {
    await expect(assignTask(hub.engine, SYSTEM, id, { server_id: server.id })).rejects.toMatchObject({
      code: "task_not_assignable",
    });
  }
  await startTask(hub.engine, session, upstream);
  await completeTask(hub.engine, session, upstream, finished);
  await hub.settled();
  for (const id of [epic, parent]) expect(await hub.task(id)).toMatchObject({ status: "pending", blockers: 0 });
});

test("a task that was given to somebody does not become an epic", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  await hub.addServer(project);
  const task = await hub.addTask(project);
  await hub.settled();
  await expect(updateTask(hub.engine, SYSTEM, task, { type: "epic" })).rejects.toMatchObject({
    code: "task_wrong_status",
  });
});

test("a session hears of a changed spec once it knows of the task, not before", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const upstream = await hub.addTask(project, { auto_assign: false });
  const task = await hub.addTask(project, { auto_assign: false, dependency_ids: [upstream] });
  for (const id of [task, upstream]) await assignTask(hub.engine, SYSTEM, id, { session_id: session.id });
  await hub.settled();
  const before = server.frames.length;
  await updateTask(hub.engine, SYSTEM, task, { spec: "Do it well." });
  await hub.settled();
  expect(server.frames.slice(before)).toEqual([]);
  await updateTask(hub.engine, SYSTEM, upstream, { spec: "Do it first." });
  await hub.settled();
  expect(server.frames.slice(before)).toMatchObject([
    { type: "task_updated", task_id: upstream, spec: "Do it first." },
  ]);
});

test("sessions and servers that are not there, not live or of another project are not found", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const foreign = await hub.addProject();
  const server = await hub.addServer(foreign);
  const session = await hub.addSession(foreign, server);
  const ended = await hub.addSession(project, await hub.addServer(project));
  await hub.sessionEnds(ended.id);
  const task = await hub.addTask(project, { auto_assign: false });
  const code = (to: Parameters<typeof assignTask>[3]) =>
    assignTask(hub.engine, SYSTEM, task, to).catch((error: { code: string }) => error.code);
  expect(await code({ server_id: server.id })).toBe("server_not_found");
  expect(await code({ session_id: session.id })).toBe("session_not_found");
  expect(await code({ session_name: session.name })).toBe("session_not_found");
  expect(await code({ session_id: ended.id })).toBe("session_not_found");
  expect(await hub.task(task)).toMatchObject({ status: "pending", version: 1 });
});
