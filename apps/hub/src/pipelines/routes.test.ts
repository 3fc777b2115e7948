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

const YAML = `
name: From a file
tasks:
  - id: epic
    title: Release
    type: epic
    exec_mode: seq
    spec: All of it.
  - { title: Build, spec: Do it., parent: epic, auto_assign: false }
  - { title: Ship, spec: Do it., parent: epic, auto_assign: false }
`;

/** Sends the file as it is. */
async function send(text: string, { path, headers }: { path: string; headers: Record<string, string> }) {
  const response = await hub.fetch(path, { method: "POST", headers, body: text });
  return { status: response.status, body: await response.json() };
}

test.each(["application/yaml", "text/yaml", "application/x-yaml; charset=utf-8"])(
  "a file in YAML is taken as it is: %s",
  async (type) => {
    const headers = { ...(await hub.adminHeaders()), "content-type": type };
    const path = `/api/v1/projects/${team.project}/pipelines`;
    const dry = await send(YAML, { path: `${path}?dry_run=true`, headers });
    expect(dry).toMatchObject({ status: 201, body: { dry_run: true, tasks: [], tasks_created: 0 } });
    expect(
      dry.body.placements.map(({ title, blocked }: { title: string; blocked: boolean }) => [title, blocked]),
    ).toEqual([
      ["Release", false],
      ["Build", false],
      ["Ship", true],
    ]);
    const made = await send(YAML, { path, headers });
    expect(made).toMatchObject({ status: 201, body: { pipeline: "From a file", tasks_created: 3, placements: [] } });
    expect(made.body.tasks[2]).toMatchObject({ title: "Ship", parent_id: made.body.tasks[0].id, blocked: true });
  },
);

test("agents send YAML too", async () => {
  const orchestrator = await team.startAgent("orchestrator");
  const headers = { "x-api-key": orchestrator.token, "content-type": "application/yaml" };
  const made = await send(YAML, { path: "/api/v1/server/pipelines", headers });
  expect(made).toMatchObject({ status: 201, body: { tasks_created: 3 } });
});

const bomb = [
  "a: &a [x, x, x, x, x, x, x, x, x]",
  ..."bcdefghi".split("").map((name, at) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[at]}`).join(", ")}]`),
].join("\n");

test.each([
  ["none", "tasks: [", "malformed_yaml"],
  ["an alias bomb", bomb, "malformed_yaml"],
  [
    "an alias that grows",
    `a: &a ${"x".repeat(100_000)}\ntasks: [${Array(90).fill("*a").join(", ")}]`,
    "malformed_yaml",
  ],
  ["a tag that makes something else", "tasks: !!js/function 'x'", "malformed_yaml"],
  ["a key twice", "name: a\nname: b", "malformed_yaml"],
  ["two documents", "name: a\n---\nname: b", "malformed_yaml"],
  ["a prototype", "__proto__: { tasks: [] }\ntasks: []", "malformed_json"],
  ["NUL", 'name: "a\\0b"\ntasks: []', "nul_character"],
  ["deep", `tasks: ${"[".repeat(300)}${"]".repeat(300)}`, "json_too_deep"],
  ["bottomless", `tasks: ${"[".repeat(100_000)}`, "malformed_yaml"],
  ["deep in lines", Array.from({ length: 300 }, (_, at) => `${" ".repeat(at)}a:`).join("\n"), "json_too_deep"],
  ["a text", "just words", "invalid_request"],
  ["nothing", "", "invalid_request"],
])("YAML that is %s is refused", async (_, text, code) => {
  const headers = { ...(await hub.adminHeaders()), "content-type": "application/yaml" };
  const answer = await send(text, { path: `/api/v1/projects/${team.project}/pipelines`, headers });
  expect(answer.body).toMatchObject({ type: `urn:orchestratia:problem:${code}` });
});

test("only pipelines are read as YAML", async () => {
  const headers = { ...(await hub.adminHeaders()), "content-type": "application/yaml" };
  const answer = await send("title: T", { path: `/api/v1/projects/${team.project}/tasks`, headers });
  expect(answer).toMatchObject({ status: 415 });
});
