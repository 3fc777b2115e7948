import { Completion, NewTask } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { type Caller, SYSTEM } from "../access/caller.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine } from "../testing/test-engine.ts";
import { assignTask } from "./assign-task.ts";
import { cancelTask } from "./cancel-task.ts";
import { completeTask } from "./complete-task.ts";
import { createTask } from "./create-task.ts";
import { failTask } from "./fail-task.ts";
import { helpTask } from "./help-task.ts";
import { startTask } from "./start-task.ts";

const finished = Completion.parse({ result: { summary: "done" } });

test("a task is cancelled with everything unsettled below it; places come back, questions are withdrawn", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const root = await hub.addTask(project, { type: "epic" });
  const begun = await hub.addTask(project, { parent_id: root });
  await hub.settled();
  await startTask(hub.engine, session, begun);
  const below = await hub.addTask(project, { parent_id: begun, auto_assign: false });
  const done = await hub.addTask(project, { parent_id: root });
  const other = await hub.addSession(project, server);
  await hub.settled();
  await startTask(hub.engine, other, done);
  await completeTask(hub.engine, other, done, finished);
  await helpTask(hub.engine, session, begun, { question: "Which way?", intervention_type: "help" });

  await cancelTask(hub.engine, SYSTEM, root);
  await hub.settled();
  const statuses = await Promise.all([root, begun, below, done].map(async (id) => (await hub.task(id)).status));
  expect(statuses).toEqual(["cancelled", "cancelled", "cancelled", "done"]);
  expect(await hub.sql.query("select active_tasks from servers")).toEqual([{ active_tasks: 0 }]);
  expect(await hub.sql.query("select status from interventions")).toEqual([{ status: "cancelled" }]);
  const stopped = server.frames.filter(({ type }) => type === "task_note");
  expect(stopped).toMatchObject([{ session_id: session.id, task_id: begun, urgent: true, author: "hub" }]);
});

test("a session is not disturbed for a task that it was never told of", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ close_session_on_settle: true });
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const at = await hub.addTask(project);
  await hub.settled();
  await startTask(hub.engine, session, at);
  const next = await hub.addTask(project, { dependency_ids: [at], auto_assign: false });
  await assignTask(hub.engine, SYSTEM, next, { session_id: session.id });
  const before = server.frames.length;

  await cancelTask(hub.engine, SYSTEM, next);
  await hub.settled();
  expect(server.frames.slice(before)).toEqual([]);

  await cancelTask(hub.engine, SYSTEM, at);
  await hub.settled();
  expect(
    server.frames
      .slice(before)
      .map(({ type }) => type)
      .sort(),
  ).toEqual(["session_close", "task_note"]);
});

test("the word to stop reaches a session at its return", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const task = await hub.addTask(project);
  await hub.settled();
  await startTask(hub.engine, session, task);
  hub.disconnect(server.id);
  await hub.sessionIsMissing(session.id, "disconnected");
  await cancelTask(hub.engine, SYSTEM, task);
  await hub.settled();

  const { frames } = hub.connect(server.id);
  hub.engine.delivery.serverConnected(server.id);
  await hub.sessionReports(session.id, "idle");
  await hub.settled();
  expect(frames).toMatchObject([{ type: "task_note", session_id: session.id, task_id: task, urgent: true }]);
});

test("a worker cancels what it created and nothing else", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const session = await hub.addSession(project, await hub.addServer(project));
  const task = await hub.addTask(project);
  await hub.settled();
  await startTask(hub.engine, session, task);
  const asked = NewTask.parse({ title: "Part", spec: "Do it.", parent_id: task, auto_assign: false });
  const { taskId: own } = await createTask(hub.engine, session, project, asked);
  await expect(cancelTask(hub.engine, session, task)).rejects.toMatchObject({ code: "forbidden" });
  await cancelTask(hub.engine, session, own);
  expect(await hub.task(own)).toMatchObject({ status: "cancelled" });
  await expect(cancelTask(hub.engine, SYSTEM, own)).rejects.toMatchObject({ code: "task_wrong_status" });
});

test("where a project keeps no session beyond its task, one goes however the task settles", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ close_session_on_settle: true, auto_start_sessions: false });
  const server = await hub.addServer(project);
  const closed = () => server.frames.flatMap((frame) => (frame.type === "session_close" ? [frame.session_id] : []));
  const ends: ((worker: Caller, task: string) => Promise<void>)[] = [
    (worker, task) => completeTask(hub.engine, worker, task, Completion.parse({ result: "made" })),
    (worker, task) => failTask(hub.engine, worker, task, "no"),
    (_, task) => failTask(hub.engine, SYSTEM, task, "a dead end"),
  ];
  const expected: string[] = [];
  for (const end of ends) {
    const session = await hub.addSession(project, server);
    const task = await hub.addTask(project, { auto_assign: false });
    await assignTask(hub.engine, SYSTEM, task, { session_id: session.id });
    await startTask(hub.engine, session, task);
    await hub.settled();
    expect(closed()).toEqual(expected);
    await end(session, task);
    await hub.settled();
    expected.push(session.id);
    expect(closed()).toEqual(expected);
  }
});
