import * as agents from "@orchestratia/protocol/operations/agents";
import * as people from "@orchestratia/protocol/operations/people";
import * as tasks from "@orchestratia/protocol/operations/people-tasks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusalCode, type TestTeam } from "../testing/test-team.ts";

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

const step = (id: string, depends_on: (string | number)[] = []) => ({
  id,
  title: `Step ${id}`,
  spec: "Do it.",
  auto_assign: false,
  depends_on,
});
const file = { name: "Three steps", tasks: [step("ship", ["test"]), step("build"), step("test", ["build"])] };

test("a pipeline is made at once, with references forward and back", async () => {
  const params = { project: team.project };
  const made = await team.admin.call(people.createPipeline, { params, body: file });
  expect(made).toMatchObject({ pipeline: "Three steps", tasks_created: 3, dry_run: false, warnings: [] });
  expect(made.tasks.map(({ title }) => title)).toEqual(["Step ship", "Step build", "Step test"]);
  expect(made.tasks.map(({ id }) => id as string)).toEqual(["ship", "build", "test"].map((id) => made.id_map[id]));
  const [ship, build, check] = made.tasks;
  expect(ship?.dependencies.map((edge) => edge.depends_on_task_id)).toEqual([check?.id]);
  expect(check?.dependencies.map((edge) => edge.depends_on_task_id)).toEqual([build?.id]);
});

test("a dry run says what would be made and makes nothing", async () => {
  const params = { project: team.project };
  const count = async () => (await team.admin.call(tasks.listTasks, { params })).tasks.length;
  const before = await count();
  const dry = await team.admin.call(people.createPipeline, { params, body: { ...file, dry_run: true } });
  expect(dry).toMatchObject({ tasks_created: 0, dry_run: true, tasks: [] });
  expect(Object.keys(dry.id_map)).toEqual(["ship", "build", "test"]);
  const circle = { tasks: [step("a", ["b"]), step("b", ["a"])] };
  expect(await refusalCode(team.admin.call(people.createPipeline, { params, body: circle }))).toBe("dependency_cycle");
  expect(await count()).toBe(before);
});

test("an orchestrator may make one, a worker may not", async () => {
  const body = { tasks: [step("only")] };
  const worker = await team.startAgent("worker");
  expect(await refusalCode(worker.client.call(agents.agentCreatePipeline, { body }))).toBe("forbidden");
  const orchestrator = await team.startAgent("orchestrator");
  const made = await orchestrator.client.call(agents.agentCreatePipeline, { body });
  expect(made.tasks[0]).toMatchObject({ title: "Step only", source_session_id: orchestrator.id });
});
