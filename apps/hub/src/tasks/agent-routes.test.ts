import * as operations from "@orchestratia/protocol/operations/agents";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusal, refusalCode, type TestAgent, type TestTeam } from "../testing/test-team.ts";

let hub: TestHub;
let team: TestTeam;
let other: TestTeam;
let worker: TestAgent;
let orchestrator: TestAgent;

beforeAll(async () => {
  hub = await startTestHub();
  const admin = await hub.admin();
  team = await openTestTeam({ url: hub.url, admin });
  other = await openTestTeam({ url: hub.url, admin });
  worker = await team.startAgent("worker");
  orchestrator = await team.startAgent("orchestrator");
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await team[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const task = { title: "Made by an agent", spec: "Do it." };
const on = (name: string) => ({ params: { task: name } });

test("a worker's way through its task: check, start, complete", async () => {
  const mine = await team.startAgent();
  const given = await team.give(await team.addTask({ title: "To be done" }), mine);
  const checked = await mine.client.call(operations.agentCheckTasks);
  expect(checked).toMatchObject({ count: 1, tasks: [{ id: given.id, status: "assigned", spec: "Do it." }] });
  expect((await mine.client.call(operations.agentStartTask, on(given.key))).status).toBe("running");
  const done = await mine.client.call(operations.agentCompleteTask, { ...on(given.key), body: { result: "made" } });
  expect(done).toMatchObject({ status: "done", result: "made" });
  expect(await mine.client.call(operations.agentCheckTasks)).toEqual({ count: 0, tasks: [] });
});

test("what a server was given and no session has taken is shown to a session that has nothing to do, and to no other", async () => {
  const mine = await team.startAgent();
  const offered = await team.give(await team.addTask(), mine);
  await hub.database.sql.query("update tasks set assigned_session_id = null where id = $1", [offered.id]);
  const seen = async () => (await mine.client.call(operations.agentCheckTasks)).tasks.map(({ id }) => id);
  expect(await seen()).toEqual([offered.id]);
  const own = await team.give(await team.addTask(), mine);
  expect(await seen()).toEqual([own.id]);
  await mine.client.call(operations.agentStartTask, on(own.key));
  expect(await seen()).toEqual([own.id]);
  await mine.client.call(operations.agentCompleteTask, { ...on(own.key), body: { result: "made" } });
  expect(await seen()).toEqual([offered.id]);
  expect((await mine.client.call(operations.agentStartTask, on(offered.key))).status).toBe("running");
  await mine.client.call(operations.agentCompleteTask, { ...on(offered.key), body: { result: "made" } });
});

test("a version 1 client works through its server's key, naming its session where it can", async () => {
  const session = await team.startAgent();
  const given = await team.give(await team.addTask(), session);
  const query = { session_id: session.id as string };
  const { tasks } = await team.server.call(operations.agentCheckTasks, { query });
  expect(tasks.map(({ id }) => id)).toEqual([given.id]);
  // Its own way of asking: JSON declared, nothing sent.
  const started = await fetch(`${hub.url}/api/v1/server/tasks/${given.id}/start`, {
    method: "POST",
    headers: { "x-api-key": team.daemon.apiKey, "content-type": "application/json" },
  });
  expect([started.status, ((await started.json()) as { status: string }).status]).toEqual([200, "running"]);
  const made = await team.server.call(operations.agentCreateTask, {
    body: { ...task, auto_assign: false, session_id: session.id, project_id: team.project },
  });
  expect(made).toMatchObject({ source_session_id: session.id, created_by: { type: "server" }, parent_id: null });
  await team.server.call(operations.agentFailTask, { ...on(given.id), body: { error: "no" } });
});

test("agents see their project's tasks newest first, and may name the project", async () => {
  const first = await team.addTask();
  const second = await team.addTask();
  for (const query of [{}, { project_id: team.project as string }, { project_id: team.key }]) {
    const { tasks, next } = await worker.client.call(operations.agentListTasks, { query });
    expect(tasks.slice(0, 2).map(({ id }) => id)).toEqual([second.id, first.id]);
    expect(next).toBeNull();
  }
  const foreign = { query: { project_id: other.project as string } };
  expect(await refusalCode(worker.client.call(operations.agentListTasks, foreign))).toBe("project_not_found");
});

test("a status that there is not is refused with those that there are", async () => {
  const refused = await refusal(worker.client.call(operations.agentListTasks, { query: { status: "blocked now" } }));
  expect(refused).toMatchObject({ code: "invalid_request" });
  expect(refused?.detail).toContain("needs_human");
});

test("another project does not exist for an agent", async () => {
  const foreign = await other.addTask();
  for (const agent of [worker.client, orchestrator.client, team.server]) {
    expect(await refusalCode(agent.call(operations.agentViewTask, on(foreign.id)))).toBe("task_not_found");
    expect(await refusalCode(agent.call(operations.agentViewTask, on(foreign.key)))).toBe("task_not_found");
    const body = { ...task, project_id: other.project };
    expect(await refusalCode(agent.call(operations.agentCreateTask, { body }))).toBe("project_not_found");
  }
});

test("a worker makes children of its started task and nothing else", async () => {
  const mine = await team.startAgent();
  const create = (body = {}) =>
    mine.client.call(operations.agentCreateTask, { body: { ...task, auto_assign: false, ...body } });
  expect(await refusalCode(create())).toBe("forbidden");
  const given = await team.give(await team.addTask(), mine);
  await mine.client.call(operations.agentStartTask, on(given.key));
  expect(await create()).toMatchObject({ parent_id: given.id, source_session_id: mine.id });
  expect(await create({ parent_id: given.key })).toMatchObject({ parent_id: given.id });
  const elsewhere = await team.addTask();
  expect(await refusalCode(create({ parent_id: elsewhere.key }))).toBe("forbidden");
});

test("an orchestrator creates and assigns; a worker may not assign", async () => {
  const made = await orchestrator.client.call(operations.agentCreateTask, { body: { ...task, auto_assign: false } });
  expect(made).toMatchObject({ parent_id: null, source_session_id: orchestrator.id });
  const assign = (agent: TestAgent) =>
    agent.client.call(operations.agentAssignTask, { ...on(made.key), body: { session_name: worker.name } });
  expect(await refusalCode(assign(worker))).toBe("forbidden");
  expect(await assign(orchestrator)).toMatchObject({ status: "assigned", assigned_session_id: worker.id });
  const unknown = { ...on(made.key), body: { session_name: "nobody" } };
  expect(await refusalCode(orchestrator.client.call(operations.agentAssignTask, unknown))).toBe("session_not_found");
  await orchestrator.client.call(operations.agentCancelTask, on(made.key));
});

test("a session's token must say which version it changes; a worker changes what it made", async () => {
  const made = await team.addTask();
  const change = (agent: TestAgent, ifMatch?: string) =>
    agent.client.call(operations.agentUpdateTask, {
      ...on(made.key),
      body: { priority: "high" },
      ...(ifMatch === undefined ? {} : { headers: { "if-match": ifMatch } }),
    });
  const refused = await refusal(change(orchestrator));
  expect(refused).toMatchObject({ code: "version_conflict" });
  expect(refused?.detail).toContain("If-Match");
  expect((await change(orchestrator, '"1"')).version).toBe(2);
  expect(await refusalCode(change(orchestrator, '"1"'))).toBe("version_conflict");
  expect((await change(orchestrator, "*")).version).toBe(3);
  expect(await refusalCode(change(worker, "*"))).toBe("forbidden");
  // A version 1 client knows no versions.
  const withKey = { ...on(made.key), body: { priority: "low" as const } };
  expect((await team.server.call(operations.agentUpdateTask, withKey)).version).toBe(4);
});

test("a worker cancels what it made and not what others made", async () => {
  const mine = await team.startAgent();
  const given = await team.give(await team.addTask(), mine);
  await mine.client.call(operations.agentStartTask, on(given.key));
  const child = await mine.client.call(operations.agentCreateTask, { body: { ...task, auto_assign: false } });
  expect((await mine.client.call(operations.agentCancelTask, on(child.key))).status).toBe("cancelled");
  const others = await team.addTask();
  expect(await refusalCode(mine.client.call(operations.agentCancelTask, on(others.key)))).toBe("forbidden");
});
