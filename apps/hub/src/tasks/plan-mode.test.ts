import { Completion } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { completeTask } from "./complete-task.ts";
import type { Engine } from "./engine.ts";
import { helpTask } from "./help-task.ts";
import { approvePlan, planTask, revisePlan } from "./plan-task.ts";
import { approveTask, requestChanges, submitTask } from "./review-decision.ts";
import { startTask } from "./start-task.ts";

const finished = Completion.parse({ result: { summary: "done" } });

async function started(hub: TestEngine, task: Record<string, unknown> = {}) {
  const project = await hub.addProject();
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const id = await hub.addTask(project, task);
  await hub.settled();
  await startTask(hub.engine, session, id);
  return { server, session, id };
}

const revisions = (hub: TestEngine, id: string) =>
  hub.sql.query("select revision, plan, decision, feedback from engine.plan_revisions where task_id = $1 order by 1", [
    id,
  ]);

test("a plan is submitted, revised and approved; every revision is kept and the worker hears of each decision", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, session, id } = await started(hub, { require_plan: true });
  expect(await hub.task(id)).toMatchObject({ status: "planning", epoch: 1 });
  await expect(completeTask(hub.engine, session, id, finished)).rejects.toMatchObject({ code: "task_wrong_status" });

  await planTask(hub.engine, session, id, { steps: ["all at once"] });
  expect(await hub.task(id)).toMatchObject({ status: "plan_review", plan: { steps: ["all at once"] } });
  await revisePlan(hub.engine, SYSTEM, id, "One by one.");
  await hub.settled();
  expect(await hub.task(id)).toMatchObject({ status: "planning", plan_feedback: "One by one." });
  expect(server.frames.at(-1)).toEqual({
    type: "plan_revision",
    session_id: session.id,
    task_id: id,
    feedback: "One by one.",
  });

  await planTask(hub.engine, session, id, { steps: ["one", "two"] });
  await approvePlan(hub.engine, SYSTEM, id);
  await hub.settled();
  expect(await hub.task(id)).toMatchObject({ status: "running", plan_feedback: null });
  expect(server.frames.at(-1)).toEqual({ type: "plan_approved", session_id: session.id, task_id: id });
  expect(await revisions(hub, id)).toEqual([
    { revision: 1, plan: { steps: ["all at once"] }, decision: "revised", feedback: "One by one." },
    { revision: 2, plan: { steps: ["one", "two"] }, decision: "approved", feedback: null },
  ]);
  await completeTask(hub.engine, session, id, finished);
});

test("the same plan again is answered like the first, another one before a decision is refused", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { session, id } = await started(hub, { require_plan: true });
  await planTask(hub.engine, session, id, { steps: [1, 2] });
  const submitted = await hub.task(id);
  await planTask(hub.engine, session, id, { steps: [1, 2] });
  await expect(planTask(hub.engine, session, id, { steps: [3] })).rejects.toMatchObject({ code: "task_wrong_status" });
  expect(await hub.task(id)).toEqual(submitted);
  expect(await revisions(hub, id)).toHaveLength(1);
});

test("a worker that asked for help while planning may submit its plan; its question is withdrawn", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { session, id } = await started(hub, { require_plan: true });
  await helpTask(hub.engine, session, id, { question: "Which way?", intervention_type: "help" });
  await planTask(hub.engine, session, id, "Left.");
  expect(await hub.task(id)).toMatchObject({ status: "plan_review", resume_status: null });
  expect(await hub.sql.query("select status from interventions")).toEqual([{ status: "cancelled" }]);
  const facts = await hub.sql.query("select event_type from activity_log where event_type = 'intervention.cancelled'");
  expect(facts).toHaveLength(1);
});

test("a decision reaches a worker that was away, once, and also after a restart of the hub", async () => {
  await using database = await createTestDatabase();
  const { id, session, server } = await (async () => {
    await using hub = await openTestEngine(database.url);
    const made = await started(hub, { require_plan: true });
    await planTask(hub.engine, made.session, made.id, "A plan.");
    await hub.sessionIsMissing(made.session.id, "disconnected");
    hub.disconnect(made.server.id);
    await approvePlan(hub.engine, SYSTEM, made.id);
    await hub.settled();
    expect(made.server.frames.map(({ type }) => type)).not.toContain("plan_approved");
    return made;
  })();

  await using hub = await openTestEngine(database.url);
  await hub.loadSessions();
  await hub.engine.start();
  const { frames } = hub.connect(server.id);
  hub.engine.delivery.serverConnected(server.id);
  await hub.sessionReports(session.id, "idle");
  await hub.settled();
  await hub.engine.delivery.rederive();
  expect(frames).toEqual([{ type: "plan_approved", session_id: session.id, task_id: id }]);
});

test("a reviewed result goes back with feedback that is kept and typed, then is accepted", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, session, id } = await started(hub, { require_review: true });
  await completeTask(hub.engine, session, id, finished);
  expect(await hub.task(id)).toMatchObject({ status: "review", result: { summary: "done" } });
  const [open] = await hub.sql.query("select closed_at from engine.leases");
  expect(open).toEqual({ closed_at: null });

  await requestChanges(hub.engine, SYSTEM, id, "Test it too.");
  await hub.settled();
  expect(await hub.task(id)).toMatchObject({ status: "running" });
  expect(server.frames.at(-1)).toMatchObject({ type: "task_note", content: "Test it too.", urgent: true });
  expect(await hub.sql.query("select content, urgent, delivery from task_notes")).toEqual([
    { content: "Test it too.", urgent: true, delivery: "delivered" },
  ]);

  await submitTask(hub.engine, session, id, finished);
  await approveTask(hub.engine, SYSTEM, id);
  expect(await hub.task(id)).toMatchObject({ status: "done", result: { summary: "done" } });
});

test("a result that was judged before its task changed is judged again, and not put up for review as it was", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { session, id } = await started(hub, { require_review: true });
  const spec = { expected_output: { contracts: [{ key: "api" }] } };
  // The change holds the row until the judged result waits for it.
  const [outcome] = await hub.race(
    "update tasks set version = version + 1, structured_spec = $2 where id = $1",
    [id, JSON.stringify(spec)],
    [() => completeTask(hub.engine, session, id, finished)],
  );
  expect(outcome).toMatchObject({ status: "rejected", reason: { code: "contract_unfulfilled" } });
  expect(await hub.task(id)).toMatchObject({ status: "running", result: null });
});

test("a result whose contracts change each time it is judged is refused in the end, and can be sent again", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { session, id } = await started(hub);
  let judged = 0;
  const change = () => {
    judged += 1;
    const contracts = [{ key: "summary", required: false, schema: { maxLength: 100 + judged } }];
    return hub.sql.query("update tasks set version = version + 1, structured_spec = $2 where id = $1", [
      id,
      JSON.stringify({ expected_output: { contracts } }),
    ]);
  };
  await change();
  const schemas = {
    async check(...asked: Parameters<Engine["schemas"]["check"]>) {
      await change();
      return hub.engine.schemas.check(...asked);
    },
  };
  const restless: Engine = { ...hub.engine, schemas: schemas as never };
  const delivery = Completion.parse({ result: { contracts: { summary: "done" } } });
  await expect(completeTask(restless, session, id, delivery)).rejects.toMatchObject({ code: "contract_changed" });
  expect(judged).toBe(6);
  expect(await hub.task(id)).toMatchObject({ status: "running", result: null });
  await completeTask(hub.engine, session, id, delivery);
  expect(await hub.task(id)).toMatchObject({ status: "done" });
});

test("where a plan is required, planning begins with the delivery, and the worker's start finds it there", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ require_plan_approval: true });
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const id = await hub.addTask(project);
  await hub.settled();
  expect(server.frames.at(-1)).toMatchObject({ type: "task_assigned", task_id: id, require_plan: true });
  const planning = await hub.task(id);
  expect(planning).toMatchObject({ status: "planning", epoch: 1, assigned_session_id: session.id, started_at: null });
  expect(await hub.sql.query("select session_id, epoch, closed_at from engine.leases")).toEqual([
    { session_id: session.id, epoch: 1, closed_at: null },
  ]);
  expect(await hub.sql.query("select active_tasks from servers")).toEqual([{ active_tasks: 1 }]);

  await startTask(hub.engine, session, id);
  const begun = await hub.task(id);
  expect(begun).toEqual({ ...planning, started_at: expect.any(Date) });
  await startTask(hub.engine, session, id);
  expect(await hub.task(id)).toEqual(begun);
  await planTask(hub.engine, session, id, "Left.");
});

test("a delivery for planning that was lost on its way comes again until the worker begins", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ require_plan_approval: true });
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const id = await hub.addTask(project);
  await hub.settled();
  const reconnect = async () => {
    hub.disconnect(server.id);
    await hub.sessionIsMissing(session.id, "disconnected");
    const { frames } = hub.connect(server.id);
    hub.engine.delivery.serverConnected(server.id);
    await hub.sessionReports(session.id, "idle");
    await hub.settled();
    return frames;
  };
  expect(await reconnect()).toMatchObject([{ type: "task_assigned", session_id: session.id, task_id: id }]);
  await startTask(hub.engine, session, id);
  expect(await reconnect()).toEqual([]);
});
