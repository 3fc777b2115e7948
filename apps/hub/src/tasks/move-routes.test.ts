import * as agents from "@orchestratia/protocol/operations/agents";
import * as people from "@orchestratia/protocol/operations/people";
import * as operations from "@orchestratia/protocol/operations/people-tasks";
import * as moves from "@orchestratia/protocol/operations/task-moves";
import type { Task } from "@orchestratia/protocol/tasks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusal, refusalCode, type TestAgent, type TestTeam } from "../testing/test-team.ts";

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

const on = (task: Task) => ({ params: { project: team.project, task: task.key } });
const of = (task: Task) => ({ params: { task: task.key } });
const view = (task: Task) => team.admin.call(operations.viewTask, on(task));
const viewAs = (agent: TestAgent, task: Task) => agent.client.call(agents.agentViewTask, of(task));

async function started(task: Parameters<TestTeam["addTask"]>[0] = {}) {
  const worker = await team.startAgent();
  const given = await team.give(await team.addTask(task), worker);
  return { worker, task: await worker.client.call(agents.agentStartTask, of(given)) };
}

test("a person takes a started task back, ends it, and lets it be tried again", async () => {
  const { worker, task } = await started();
  expect((await view(task)).moves.toSorted()).toEqual(["cancel", "fail", "requeue"]);
  const requeued = await team.admin.call(moves.requeueTask, { ...on(task), body: {} });
  expect(requeued).toMatchObject({ status: "pending", attempt: 2, epoch: 2, assigned_session_id: null });
  const late = worker.client.call(agents.agentCompleteTask, { ...of(task), body: { result: "made" } });
  expect(await refusalCode(late)).toBe("stale_lease");

  await team.give(task, worker);
  await worker.client.call(agents.agentStartTask, of(task));
  const failed = await team.admin.call(moves.failTask, { ...on(task), body: { error: "a dead end" } });
  expect(failed).toMatchObject({ status: "failed", status_reason: "a dead end", moves: ["retry"] });
  expect(await team.admin.call(moves.retryTask, on(task))).toMatchObject({ status: "pending", attempt: 3 });
  expect(await refusalCode(team.admin.call(moves.retryTask, on(task)))).toBe("task_wrong_status");
});

test("a requeue without any body is taken as one without a reason", async () => {
  const { task } = await started();
  const response = await hub.fetch(`/api/v1/projects/${team.project}/tasks/${task.key}/requeue`, {
    method: "POST",
    headers: await hub.adminHeaders(),
  });
  expect([response.status, ((await response.json()) as Task).status]).toEqual([200, "pending"]);
});

test("a done task is reopened, and its dependents wait again", async () => {
  const { worker, task } = await started();
  const dependent = await team.addTask({ dependency_ids: [task.key] });
  await worker.client.call(agents.agentCompleteTask, { ...of(task), body: { result: "made" } });
  expect(await view(dependent)).toMatchObject({ blocked: false });
  expect((await view(task)).moves).toEqual(["reopen"]);
  expect(await team.admin.call(moves.reopenTask, on(task))).toMatchObject({ status: "pending", result: "made" });
  expect(await view(dependent)).toMatchObject({ blocked: true, waiting_for: `Waits for ${task.key}` });
});

test("settled tasks are archived, left out of lists, and shown again", async () => {
  const task = await team.addTask();
  const refused = await refusal(team.admin.call(moves.archiveTask, on(task)));
  expect(refused).toMatchObject({ code: "task_wrong_status" });
  expect(refused?.detail).toContain("cannot be archived");
  await team.admin.call(operations.cancelTask, on(task));
  const archived = await team.admin.call(moves.archiveTask, on(task));
  expect(archived.archived_at).not.toBeNull();
  expect((await team.admin.call(moves.archiveTask, on(task))).version).toBe(archived.version);
  const listed = async (query: { archived?: "true" | "any" } = {}) => {
    const page = await team.admin.call(operations.listTasks, { params: { project: team.project }, query });
    return page.tasks.some(({ id }) => id === task.id);
  };
  expect([await listed(), await listed({ archived: "true" }), await listed({ archived: "any" })]).toEqual([
    false,
    true,
    true,
  ]);
  expect((await team.admin.call(moves.unarchiveTask, on(task))).archived_at).toBeNull();
  expect(await listed()).toBe(true);
  const activity = await hub.database.sql.query<{ event_type: string }>(
    "select event_type from activity_log where task_id = $1 and event_type like '%archived' order by seq",
    [task.id],
  );
  expect(activity.map(({ event_type }) => event_type)).toEqual(["task.archived", "task.unarchived"]);
});

test("every revision of a plan is served, with what was said of it, to people and agents", async () => {
  const { worker, task } = await started({ require_plan: true });
  const submit = (plan: unknown) => worker.client.call(agents.agentPlanTask, { ...of(task), body: { plan } });
  await submit({ steps: 1 });
  await team.admin.call(operations.revisePlan, { ...on(task), body: { feedback: "Smaller steps." } });
  await submit({ steps: 9 });
  await team.admin.call(operations.approvePlan, on(task));
  const expected = {
    revisions: [
      { revision: 1, plan: { steps: 1 }, decision: "revised", feedback: "Smaller steps." },
      { revision: 2, plan: { steps: 9 }, decision: "approved", feedback: null },
    ],
  };
  expect(await team.admin.call(moves.listPlans, on(task))).toMatchObject(expected);
  expect(await worker.client.call(moves.agentListPlans, of(task))).toMatchObject(expected);
});

test("an orchestrator decides on plans where the project lets it, and never on its own", async () => {
  const { worker, task } = await started({ require_plan: true });
  const orchestrator = await team.startAgent("orchestrator");
  await worker.client.call(agents.agentPlanTask, { ...of(task), body: { plan: "Left." } });
  const approve = (agent: TestAgent) => agent.client.call(moves.agentApprovePlan, of(task));
  const refused = await refusal(approve(orchestrator));
  expect(refused).toMatchObject({ code: "forbidden" });
  expect(refused?.detail).toContain("orchestrator_may_approve");
  expect((await viewAs(orchestrator, task)).moves).not.toContain("approve_plan");
  expect((await view(task)).moves).toContain("approve_plan");

  const settings = { settings: { orchestrator_may_approve: true } };
  await team.admin.call(people.updateProject, { params: { project: team.project }, body: settings });
  expect(await refusalCode(approve(worker))).toBe("forbidden");
  expect((await viewAs(orchestrator, task)).moves).toContain("approve_plan");
  const revise = { ...of(task), body: { feedback: "Right." } };
  expect(await orchestrator.client.call(moves.agentRevisePlan, revise)).toMatchObject({
    status: "planning",
    plan_feedback: "Right.",
  });
  await worker.client.call(agents.agentPlanTask, { ...of(task), body: { plan: "Right." } });
  expect(await approve(orchestrator)).toMatchObject({ status: "running" });

  const own = await team.give(await team.addTask({ require_plan: true }), orchestrator);
  await orchestrator.client.call(agents.agentStartTask, of(own));
  await orchestrator.client.call(agents.agentPlanTask, { ...of(own), body: { plan: "Mine." } });
  expect((await viewAs(orchestrator, own)).moves).not.toContain("approve_plan");
  expect(await refusalCode(orchestrator.client.call(moves.agentApprovePlan, of(own)))).toBe("forbidden");
});

test("a server's key decides on no plan of that server's own sessions, and on those of others where agents may", async () => {
  const settings = { settings: { orchestrator_may_approve: true } };
  await team.admin.call(people.updateProject, { params: { project: team.project }, body: settings });
  const { worker, task } = await started({ require_plan: true });
  await team.server.call(agents.agentPlanTask, { ...of(task), body: { plan: "Mine." } });
  const asServer = async (client = team.server) => (await client.call(agents.agentViewTask, of(task))).moves;
  expect(await asServer()).not.toContain("approve_plan");
  expect(await refusalCode(team.server.call(moves.agentApprovePlan, of(task)))).toBe("forbidden");
  const revise = { ...of(task), body: { feedback: "No." } };
  expect(await refusalCode(team.server.call(moves.agentRevisePlan, revise))).toBe("forbidden");
  expect((await viewAs(worker, task)).status).toBe("plan_review");

  const { client: elsewhere } = await hub.registerServer({ key: team.key });
  expect(await asServer(elsewhere)).toContain("approve_plan");
  expect(await elsewhere.call(moves.agentApprovePlan, of(task))).toMatchObject({ status: "running" });
});

test("a task shows each caller the moves that it has", async () => {
  const { worker, task } = await started();
  const other = await team.startAgent();
  expect((await viewAs(worker, task)).moves.toSorted()).toEqual(["complete", "fail", "help", "submit"]);
  expect((await viewAs(other, task)).moves).toEqual([]);
  const bystander = await refusal(other.client.call(agents.agentStartTask, of(task)));
  expect(bystander).toMatchObject({ code: "task_wrong_status", document: { allowed_moves: [] } });
  const blocked = await team.give(await team.addTask({ dependency_ids: [task.key] }), worker);
  expect((await viewAs(worker, blocked)).moves).not.toContain("start");
  const epic = await team.addTask({ type: "epic" });
  expect((await view(epic)).moves).toEqual(["cancel"]);
});

test("what a worker says of its change is kept with the result", async () => {
  const { worker, task } = await started();
  const git_diff_stats = { files_changed: 2, insertions: 40, deletions: 1 };
  await worker.client.call(agents.agentCompleteTask, { ...of(task), body: { result: "made", git_diff_stats } });
  expect(await view(task)).toMatchObject({ status: "done", git_diff_stats });
});

test("each answer about a task carries its version as ETag, after moves too", async () => {
  const { worker, task } = await started();
  for (const [path, headers] of [
    [`/api/v1/projects/${team.project}/tasks/${task.key}`, await hub.adminHeaders()],
    [`/api/v1/server/tasks/${task.key}`, { "x-api-key": worker.token }],
  ] as const) {
    const response = await hub.fetch(path, { headers });
    expect(response.headers.get("etag")).toBe(`"${((await response.json()) as Task).version}"`);
  }
  const moved = await hub.fetch(`/api/v1/projects/${team.project}/tasks/${task.key}/requeue`, {
    method: "POST",
    headers: await hub.adminHeaders(),
  });
  expect(moved.headers.get("etag")).toBe(`"${((await moved.json()) as Task).version}"`);
});
