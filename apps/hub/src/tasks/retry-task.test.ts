import { Completion } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine } from "../testing/test-engine.ts";
import { archiveTask } from "./archive-task.ts";
import { assignTask } from "./assign-task.ts";
import { cancelTask } from "./cancel-task.ts";
import { completeTask } from "./complete-task.ts";
import { failTask } from "./fail-task.ts";
import { reopenTask } from "./reopen-task.ts";
import { retryTask } from "./retry-task.ts";
import { startTask } from "./start-task.ts";

const finished = Completion.parse({ result: { summary: "done" } });

test("a failed task is tried again, with its history, by whoever is free", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const session = await hub.addSession(project, await hub.addServer(project));
  const id = await hub.addTask(project);
  await hub.settled();
  await startTask(hub.engine, session, id);
  await failTask(hub.engine, session, id, "no disk");
  await archiveTask(hub.engine, SYSTEM, id);
  await retryTask(hub.engine, SYSTEM, id);
  await hub.settled();
  expect(await hub.task(id)).toMatchObject({
    status: "assigned",
    status_reason: null,
    epoch: 2,
    attempt: 2,
    completed_at: null,
    archived_at: null,
    result: { error: "no disk" },
  });
  const kinds = await hub.sql.query<{ event_type: string }>(
    "select event_type from activity_log where task_id = $1 and event_type in ('task.failed', 'task.retried') order by seq",
    [id],
  );
  expect(kinds.map(({ event_type }) => event_type)).toEqual(["task.failed", "task.retried"]);
  await startTask(hub.engine, session, id);
  await completeTask(hub.engine, session, id, finished);
});

test("a task that never had a lease and is tried again is settled by its children, once it has some", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const session = await hub.addSession(project, await hub.addServer(project));
  const parent = await hub.addTask(project, { auto_assign: false });
  await cancelTask(hub.engine, SYSTEM, parent);
  await retryTask(hub.engine, SYSTEM, parent);
  const child = await hub.addTask(project, { parent_id: parent });
  await expect(assignTask(hub.engine, SYSTEM, parent, { session_id: session.id })).rejects.toMatchObject({
    code: "task_not_assignable",
  });
  await hub.settled();
  await startTask(hub.engine, session, child);
  await completeTask(hub.engine, session, child, finished);
  await hub.settled();
  expect(await hub.task(parent)).toMatchObject({ status: "done", attempt: 2 });
});

test("a task that a person failed is over for its worker, also after it is tried again", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const id = await hub.addTask(project, { auto_assign: false });
  await expect(failTask(hub.engine, SYSTEM, id, "no")).rejects.toMatchObject({ code: "task_wrong_status" });
  await assignTask(hub.engine, SYSTEM, id, { session_id: session.id });
  await expect(failTask(hub.engine, SYSTEM, id, "no")).rejects.toMatchObject({
    code: "task_wrong_status",
    members: { allowed_moves: ["assign", "unassign", "cancel"] },
  });
  await startTask(hub.engine, session, id);
  await hub.settled();
  await failTask(hub.engine, SYSTEM, id, "a dead end");
  await hub.settled();
  expect(server.frames.at(-1)).toMatchObject({ type: "task_note", session_id: session.id, urgent: true });
  await expect(failTask(hub.engine, session, id, "a dead end")).rejects.toMatchObject({ code: "stale_lease" });
  await expect(completeTask(hub.engine, session, id, finished)).rejects.toMatchObject({ code: "stale_lease" });
  await retryTask(hub.engine, SYSTEM, id);
  await expect(completeTask(hub.engine, session, id, finished)).rejects.toMatchObject({ code: "stale_lease" });
  await expect(retryTask(hub.engine, SYSTEM, id)).rejects.toMatchObject({ code: "task_wrong_status" });
});

test("a task that is tried again waits for what its upstreams say now", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const session = await hub.addSession(project, await hub.addServer(project));
  const manual = { auto_assign: false };
  const upstream = await hub.addTask(project, manual);
  const id = await hub.addTask(project, {
    ...manual,
    dependencies: [{ depends_on_task_id: upstream, dependency_type: "input", contract_key: "api" }],
  });
  const run = async (task: string, result: unknown) => {
    await assignTask(hub.engine, SYSTEM, task, { session_id: session.id });
    await startTask(hub.engine, session, task);
    await completeTask(hub.engine, session, task, Completion.parse({ result }));
  };
  await run(upstream, { contracts: { api: 1 } });
  await assignTask(hub.engine, SYSTEM, id, { session_id: session.id });
  await startTask(hub.engine, session, id);
  await reopenTask(hub.engine, SYSTEM, upstream);
  expect(await hub.task(id)).toMatchObject({ status: "running", blockers: 0, resolved_inputs: { api: 1 } });
  await failTask(hub.engine, session, id, "the interface has changed");
  await retryTask(hub.engine, SYSTEM, id);
  expect(await hub.task(id)).toMatchObject({ status: "pending", blockers: 1, resolved_inputs: {} });
  await run(upstream, { contracts: { api: 2 } });
  expect(await hub.task(id)).toMatchObject({ blockers: 0, resolved_inputs: { api: 2 } });
  await cancelTask(hub.engine, SYSTEM, id);
});

test("a parent that never had a lease and is tried again is still settled by its children", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const server = await hub.addServer(project);
  const parent = await hub.addTask(project);
  const child = await hub.addTask(project, { parent_id: parent, auto_assign: false });
  await cancelTask(hub.engine, SYSTEM, parent);
  await retryTask(hub.engine, SYSTEM, parent);
  await retryTask(hub.engine, SYSTEM, child);
  await hub.settled();
  expect(await hub.task(parent)).toMatchObject({ status: "pending", attempt: 2 });
  await expect(assignTask(hub.engine, SYSTEM, parent, { server_id: server.id })).rejects.toMatchObject({
    code: "task_not_assignable",
  });
});
