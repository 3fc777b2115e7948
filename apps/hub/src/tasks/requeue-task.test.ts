import { Completion } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { respondIntervention } from "../interventions/respond-intervention.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { assignTask, unassignTask } from "./assign-task.ts";
import { completeTask } from "./complete-task.ts";
import { afterCommit } from "./engine.ts";
import { failTask } from "./fail-task.ts";
import { helpTask } from "./help-task.ts";
import { onProject } from "./move.ts";
import { planTask } from "./plan-task.ts";
import { requeueLocked, requeueTask } from "./requeue-task.ts";
import { approveTask, submitTask } from "./review-decision.ts";
import { startTask } from "./start-task.ts";

const finished = Completion.parse({ result: { summary: "done" } });

async function started(hub: TestEngine, task: Record<string, unknown> = {}) {
  const project = await hub.addProject({ auto_start_sessions: false });
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const id = await hub.addTask(project, { auto_assign: false, ...task });
  await assignTask(hub.engine, SYSTEM, id, { session_id: session.id });
  await startTask(hub.engine, session, id);
  await hub.settled();
  return { project, server, session, id };
}

/** What a reaper does with the task of a worker believed lost. */
const reap = async (hub: TestEngine, id: string) =>
  afterCommit(
    hub.engine,
    await onProject(hub.engine, id, (tx, task) =>
      requeueLocked(tx, SYSTEM, task, { by: "reaper", reason: "its worker is lost" }),
    ),
  );

const leases = (hub: TestEngine, id: string) =>
  hub.sql.query("select epoch, session_id, close_reason from engine.leases where task_id = $1 order by epoch", [id]);
const activeTasks = async (hub: TestEngine) =>
  (await hub.sql.query<{ n: number }>("select active_tasks as n from servers order by created_at")).map(({ n }) => n);

test("a person's requeue starts another attempt, and the old worker's reports are stale", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, session, id } = await started(hub);
  await helpTask(hub.engine, session, id, { question: "Which way?", intervention_type: "help" });
  const framesBefore = server.frames.length;
  await requeueTask(hub.engine, SYSTEM, id, "wanted elsewhere");
  await hub.settled();
  expect(await hub.task(id)).toMatchObject({
    status: "pending",
    resume_status: null,
    epoch: 2,
    attempt: 2,
    assigned_server_id: null,
    assigned_session_id: null,
    delivered_at: null,
    deliveries: 0,
    started_at: null,
  });
  expect(await activeTasks(hub)).toEqual([0]);
  expect(await leases(hub, id)).toEqual([{ epoch: 1, session_id: session.id, close_reason: "requeued" }]);
  expect(await hub.sql.query("select status from interventions")).toEqual([{ status: "cancelled" }]);
  expect(server.frames.slice(framesBefore)).toMatchObject([
    {
      type: "task_note",
      task_id: id,
      session_id: session.id,
      urgent: true,
      content: expect.stringContaining("wanted elsewhere"),
    },
  ]);
  await expect(completeTask(hub.engine, session, id, finished)).rejects.toMatchObject({ code: "stale_lease" });
  await expect(failTask(hub.engine, session, id, "no")).rejects.toMatchObject({ code: "stale_lease" });

  await assignTask(hub.engine, SYSTEM, id, { session_id: session.id });
  await startTask(hub.engine, session, id);
  expect(await hub.task(id)).toMatchObject({ status: "running", epoch: 3, attempt: 2 });
  await completeTask(hub.engine, session, id, finished);
});

test("an answer that its worker has not read goes with the attempt that asked", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, session, id } = await started(hub);
  const asked = await helpTask(hub.engine, session, id, { question: "Which way?", intervention_type: "help" });
  await hub.sessionReports(session.id, "working");
  await respondIntervention(hub.engine, SYSTEM, asked.intervention_id, "left");
  await requeueTask(hub.engine, SYSTEM, id, "another way");
  await assignTask(hub.engine, SYSTEM, id, { session_id: session.id });
  await hub.sessionReports(session.id, "idle");
  await hub.settled();
  expect(await hub.task(id)).toMatchObject({ status: "assigned", deliveries: 1 });
  expect(server.frames.filter(({ type }) => type === "intervention_response")).toEqual([]);
});

test("a plan that nobody has decided on goes with its attempt", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { session, id } = await started(hub, { require_plan: true });
  await planTask(hub.engine, session, id, "Left.");
  await requeueTask(hub.engine, SYSTEM, id, "another way");
  expect(await hub.task(id)).toMatchObject({ status: "pending", plan: null });
  expect(await hub.sql.query("select revision, decision from engine.plan_revisions")).toEqual([
    { revision: 1, decision: "withdrawn" },
  ]);
});

test("a worker believed lost that had finished after all completes its task from the queue", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, session, id } = await started(hub);
  const dependent = await hub.addTask(project, { dependency_ids: [id], auto_assign: false });
  await reap(hub, id);
  expect(await hub.task(id)).toMatchObject({ status: "pending", epoch: 2, attempt: 2 });
  expect(await leases(hub, id)).toMatchObject([{ close_reason: "released" }]);
  await expect(submitTask(hub.engine, session, id, finished)).rejects.toMatchObject({ code: "task_wrong_status" });

  await completeTask(hub.engine, session, id, finished);
  const done = await hub.task(id);
  expect(done).toMatchObject({ status: "done", result: { summary: "done" } });
  expect(await hub.task(dependent)).toMatchObject({ blockers: 0 });
  expect(await activeTasks(hub)).toEqual([0]);
  await completeTask(hub.engine, session, id, finished);
  expect(await hub.task(id)).toEqual(done);
});

test("a late completion also wins while the task is given to somebody who has not begun, whose place comes back", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, session, id } = await started(hub);
  const elsewhere = await hub.addServer(project);
  const other = await hub.addSession(project, elsewhere);
  await reap(hub, id);
  await assignTask(hub.engine, SYSTEM, id, { session_id: other.id });
  await hub.settled();
  expect(await activeTasks(hub)).toEqual([0, 1]);
  await completeTask(hub.engine, session, id, finished);
  await hub.settled();
  expect(await hub.task(id)).toMatchObject({ status: "done" });
  expect(elsewhere.frames.at(-1)).toMatchObject({
    type: "task_note",
    task_id: id,
    session_id: other.id,
    urgent: true,
    content: expect.stringContaining("Do not begin it"),
  });
  expect(await activeTasks(hub)).toEqual([0, 0]);
  await expect(startTask(hub.engine, other, id)).rejects.toMatchObject({ code: "task_wrong_status" });
});

test("a late completion that needs review opens a new lease for the same worker", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, session, id } = await started(hub, { require_review: true });
  const elsewhere = await hub.addServer(project);
  const other = await hub.addSession(project, elsewhere);
  await reap(hub, id);
  await assignTask(hub.engine, SYSTEM, id, { session_id: other.id });
  await hub.settled();
  await completeTask(hub.engine, session, id, finished);
  await hub.settled();
  expect(await hub.task(id)).toMatchObject({
    status: "review",
    epoch: 3,
    assigned_server_id: session.serverId,
    assigned_session_id: session.id,
  });
  expect(await leases(hub, id)).toEqual([
    { epoch: 1, session_id: session.id, close_reason: "released" },
    { epoch: 3, session_id: session.id, close_reason: null },
  ]);
  expect(await activeTasks(hub)).toEqual([1, 0]);
  expect(elsewhere.frames.at(-1)).toMatchObject({ type: "task_note", session_id: other.id, urgent: true });
  await approveTask(hub.engine, SYSTEM, id);
  expect(await activeTasks(hub)).toEqual([0, 0]);
});

test("a late completion that needs review waits until its worker has finished what it began since", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, session, id } = await started(hub, { require_review: true });
  await reap(hub, id);
  await hub.settled();
  const begun = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, begun, { session_id: session.id });
  await startTask(hub.engine, session, begun);
  const before = await hub.task(id);
  await expect(completeTask(hub.engine, session, id, finished)).rejects.toMatchObject({ code: "session_busy" });
  expect(await hub.task(id)).toEqual(before);
  await completeTask(hub.engine, session, begun, finished);
  await completeTask(hub.engine, session, id, finished);
  expect(await hub.task(id)).toMatchObject({ status: "review", assigned_session_id: session.id });
});

test("once somebody else has begun, the one believed lost is too late", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, session, id } = await started(hub);
  const other = await hub.addSession(project, await hub.addServer(project));
  await reap(hub, id);
  await assignTask(hub.engine, SYSTEM, id, { session_id: other.id });
  await startTask(hub.engine, other, id);
  await expect(completeTask(hub.engine, session, id, finished)).rejects.toMatchObject({ code: "not_the_worker" });
  await completeTask(hub.engine, other, id, finished);
});

test("a released task that a person cancels is over for the one believed lost, too", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { session, id } = await started(hub);
  await reap(hub, id);
  await onProject(hub.engine, id, async (tx, task) => {
    const { cancelFamilyLocked } = await import("./cancel-task.ts");
    return cancelFamilyLocked(tx, SYSTEM, task.id);
  });
  await expect(completeTask(hub.engine, session, id, finished)).rejects.toMatchObject({ code: "stale_lease" });
});

test("what is taken back before it began leaves no word unsaid: its session is told", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const id = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, id, { session_id: session.id });
  await hub.settled();
  expect(server.frames.at(-1)).toMatchObject({ type: "task_assigned", task_id: id });
  await unassignTask(hub.engine, SYSTEM, id);
  await hub.sessionReports(session.id, "working");
  await hub.settled();
  expect(server.frames.at(-1)).toMatchObject({ type: "task_note", task_id: id, urgent: true });
  expect(await hub.task(id)).toMatchObject({ status: "pending", auto_assign: false, assigned_session_id: null });
});
