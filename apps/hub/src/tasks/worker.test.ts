import { Completion } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { type Caller, SYSTEM } from "../access/caller.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine } from "../testing/test-engine.ts";
import { assignTask } from "./assign-task.ts";
import { cancelTask } from "./cancel-task.ts";
import { completeTask } from "./complete-task.ts";
import { failTask } from "./fail-task.ts";
import { helpTask } from "./help-task.ts";
import { planTask } from "./plan-task.ts";
import { startTask } from "./start-task.ts";

const finished = Completion.parse({ result: { summary: "done" } });
const help = { question: "Which way?", intervention_type: "help" } as const;

test("before a session is chosen any worker of the assigned server may start, an orchestrator or another server's may not", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const server = await hub.addServer(project);
  const elsewhere = await hub.addSession(project, await hub.addServer(project), "shell");
  const session = await hub.addSession(project, server, "shell");
  const task = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, task, { server_id: server.id });

  const refused = { code: "not_the_worker" };
  await expect(startTask(hub.engine, { ...session, role: "orchestrator" }, task)).rejects.toMatchObject(refused);
  await expect(startTask(hub.engine, elsewhere, task)).rejects.toMatchObject(refused);
  await expect(startTask(hub.engine, SYSTEM, task)).rejects.toMatchObject(refused);
  const key: Caller = { kind: "server", id: server.id, name: "box", projectId: project };
  await expect(startTask(hub.engine, key, task)).rejects.toMatchObject(refused);

  await startTask(hub.engine, session, task);
  expect(await hub.task(task)).toMatchObject({ status: "running", assigned_session_id: session.id, epoch: 1 });
  await expect(completeTask(hub.engine, elsewhere, task, finished)).rejects.toMatchObject(refused);
  // The server's key speaks for the session that has the lease.
  await completeTask(hub.engine, key, task, finished);
  expect(await hub.task(task)).toMatchObject({ status: "done" });
});

test("who held a task that somebody cancelled is told that its reports do not count", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const session = await hub.addSession(project, await hub.addServer(project));
  const task = await hub.addTask(project);
  await hub.settled();
  await startTask(hub.engine, session, task);
  await cancelTask(hub.engine, SYSTEM, task);
  const cancelled = await hub.task(task);

  for (const report of [
    () => completeTask(hub.engine, session, task, finished),
    () => failTask(hub.engine, session, task, "no"),
    () => helpTask(hub.engine, session, task, help),
    () => planTask(hub.engine, session, task, "a plan"),
    () => startTask(hub.engine, session, task),
  ]) {
    await expect(report()).rejects.toMatchObject({ code: "stale_lease" });
  }
  expect(await hub.task(task)).toEqual(cancelled);
});

test("a repeated failure is answered like the first, also of a task that was never begun", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const session = await hub.addSession(project, await hub.addServer(project));
  const task = await hub.addTask(project);
  await hub.settled();
  await failTask(hub.engine, session, task, "not for me");
  const failed = await hub.task(task);
  expect(failed).toMatchObject({ status: "failed", result: { error: "not for me" } });
  await failTask(hub.engine, session, task, "not for me");
  expect(await hub.task(task)).toEqual(failed);
  await expect(failTask(hub.engine, session, task, "another reason")).rejects.toMatchObject({
    code: "task_wrong_status",
  });
});

test("a blocked task cannot be started and says what it waits for", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const session = await hub.addSession(project, await hub.addServer(project));
  const upstream = await hub.addTask(project, { auto_assign: false });
  const task = await hub.addTask(project, { dependency_ids: [upstream], auto_assign: false });
  await assignTask(hub.engine, SYSTEM, task, { session_id: session.id });
  await expect(startTask(hub.engine, session, task)).rejects.toMatchObject({
    code: "dependencies_unresolved",
    members: { blockers: [{ id: upstream, status: "pending" }] },
  });
});
