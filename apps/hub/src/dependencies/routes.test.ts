import * as agents from "@orchestratia/protocol/operations/agents";
import * as people from "@orchestratia/protocol/operations/people-tasks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusal, refusalCode, type TestTeam } from "../testing/test-team.ts";

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

test("an edge is made by key, seen from both ends, and dropped by its upstream", async () => {
  const up = await team.addTask();
  const down = await team.addTask();
  const params = { project: team.project, task: down.key };
  const body = { depends_on_task_id: up.key.toLowerCase(), dependency_type: "input" as const, contract_key: "api" };
  const edge = await team.admin.call(people.addDependency, { params, body });
  expect(edge).toMatchObject({
    depends_on_task_id: up.id,
    depends_on_key: up.key,
    dependency_type: "input",
    contract_key: "api",
    resolved: false,
    warnings: [expect.stringContaining("api")],
  });
  expect(await team.admin.call(people.viewTask, { params })).toMatchObject({
    blocked: true,
    dependencies: [{ id: edge.id }],
  });
  const upstream = await team.admin.call(people.viewTask, { params: { ...params, task: up.key } });
  expect(upstream.dependents).toEqual([expect.objectContaining({ task_id: down.id, contract_key: "api" })]);
  const freed = await team.admin.call(people.removeDependency, { params: { ...params, upstream: up.id.slice(0, 10) } });
  expect(freed).toMatchObject({ blocked: false, dependencies: [] });
  const again = team.admin.call(people.removeDependency, { params: { ...params, upstream: up.key } });
  expect(await refusalCode(again)).toBe("dependency_not_found");
});

test("a circle is refused with the way round", async () => {
  const first = await team.addTask();
  const second = await team.addTask({ dependency_ids: [first.key] });
  const third = await team.addTask({ dependency_ids: [second.key] });
  const params = { project: team.project, task: first.key };
  const refused = await refusal(
    team.admin.call(people.addDependency, { params, body: { depends_on_task_id: third.key } }),
  );
  expect(refused?.code).toBe("dependency_cycle");
  for (const { key } of [first, second, third]) expect(refused?.detail).toContain(key);
});

test("an orchestrator wires any tasks, a worker only what it made", async () => {
  const orchestrator = await team.startAgent("orchestrator");
  const worker = await team.startAgent("worker");
  const up = await team.addTask();
  const down = await team.addTask();
  const wire = { params: { task: down.key }, body: { depends_on_task_id: up.key } };
  const cut = { params: { task: down.key, upstream: up.key } };
  expect(await refusalCode(worker.client.call(agents.agentAddDependency, wire))).toBe("forbidden");
  expect(await orchestrator.client.call(agents.agentAddDependency, wire)).toMatchObject({
    resolved: false,
    dependency_type: "blocks",
    contract_key: null,
  });
  expect(await refusalCode(worker.client.call(agents.agentRemoveDependency, cut))).toBe("forbidden");
  expect((await team.server.call(agents.agentRemoveDependency, cut)).dependencies).toEqual([]);
});
