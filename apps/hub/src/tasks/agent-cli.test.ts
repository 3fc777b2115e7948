import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { respondIntervention } from "@orchestratia/protocol/operations/people";
import * as tasks from "@orchestratia/protocol/operations/people-tasks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, type TestAgent, type TestTeam } from "../testing/test-team.ts";

/** The CLI as agents run it: a process that knows only what the daemon puts into a session's environment. */
const cli = fileURLToPath(new URL("../../../cli/src/main.ts", import.meta.url));

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

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

const environmentOf = ({ token, id }: { token: string; id?: string }) => ({
  ORCHESTRATIA_HUB_URL: hub.url,
  ORCHESTRATIA_API_KEY: token,
  ORCHESTRATIA_PROJECT_ID: team.project,
  ...(id === undefined ? {} : { ORCHESTRATIA_SESSION_ID: id }),
});

function orchestratia(agent: Pick<TestAgent, "token"> & { id?: string }, ...argv: string[]): Promise<Ran> {
  const args = ["--import", "tsx", "--conditions=development", cli, ...argv];
  const env = { PATH: process.env.PATH, HOME: "/nonexistent", ...environmentOf(agent) };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

/** The JSON answer of a line that succeeds. */
async function answer(agent: Pick<TestAgent, "token"> & { id?: string }, ...argv: string[]) {
  const { code, stdout, stderr } = await orchestratia(agent, ...argv, "--json");
  expect({ argv, code, stdout: code === 0 ? "" : stdout, stderr }).toEqual({ argv, code: 0, stdout: "", stderr: "" });
  return JSON.parse(stdout);
}

const contracts = (...keys: string[]) => ({
  expected_output: { contracts: keys.map((key) => ({ key, schema: { type: "object", required: ["paths"] } })) },
});

test("a worker's life: check, start, note, a refused and an accepted result, which the next one receives", async () => {
  const worker = await team.startAgent();
  const next = await team.startAgent();
  const upstream = await team.addTask({ title: "Describe the API", structured_spec: contracts("api_schema") });
  const downstream = await team.addTask({
    title: "Build the client",
    dependencies: [{ depends_on_task_id: upstream.id, dependency_type: "input", contract_key: "api_schema" }],
  });
  await team.give(upstream, worker);
  await team.give(downstream, next);

  expect(await answer(worker, "status")).toMatchObject({
    connected: true,
    session_name: worker.name,
    project_key: team.key,
  });
  const checked = await orchestratia(worker, "task", "check");
  expect(checked.stdout).toContain(`1 task for this session:\n  ${upstream.key} Describe the API`);
  expect(await answer(worker, "task", "start", upstream.key)).toMatchObject({
    status: "running",
    version: expect.any(Number),
  });
  await answer(worker, "task", "note", upstream.id.slice(0, 8), "--content", "Half of it is done.");
  expect(await answer(worker, "task", "notes", upstream.key)).toMatchObject([{ content: "Half of it is done." }]);

  const early = await orchestratia(next, "task", "start", downstream.key, "--json");
  expect({ code: early.code, error: JSON.parse(early.stdout) }).toMatchObject({
    code: 7,
    error: { code: "dependencies_unresolved", error: expect.stringContaining(upstream.key) },
  });

  const short = await orchestratia(
    worker,
    "task",
    "complete",
    upstream.key,
    "--result",
    '{"contracts": {"api_schema": {}}}',
  );
  expect([short.code, short.stdout]).toEqual([8, ""]);
  expect(short.stderr).toMatch(/^Error: .*api_schema.*paths/);
  const result = { summary: "described", contracts: { api_schema: { paths: ["/seats"] } } };
  expect(await answer(worker, "task", "complete", upstream.key, "--result", JSON.stringify(result))).toMatchObject({
    status: "done",
    contract_status: "fulfilled",
  });

  const started = await answer(next, "task", "start", downstream.key);
  expect(started.resolved_inputs).toEqual({ api_schema: { paths: ["/seats"] } });
  expect(await answer(next, "task", "fail", downstream.key, "--error", "no licence")).toMatchObject({
    status: "failed",
  });
});

test("a question waits for a person, whose answer sets the work going again", async () => {
  const worker = await team.startAgent();
  const task = await team.addTask();
  await team.give(task, worker);
  await answer(worker, "task", "start", task.key);
  const { intervention_id } = await answer(worker, "task", "help", task.key, "--question", "Which database?");
  expect(await answer(worker, "task", "view", task.key)).toMatchObject({ status: "needs_human" });
  expect(await answer(worker, "intervention", "list", "--task-id", task.key, "--status", "pending")).toMatchObject([
    { id: intervention_id, question: "Which database?" },
  ]);
  await team.admin.call(respondIntervention, {
    params: { project: team.project, intervention: intervention_id },
    body: { response: "Postgres." },
  });
  expect(await answer(worker, "task", "view", task.key)).toMatchObject({ status: "running" });
});

test("a plan is submitted, and approved by a person", async () => {
  const worker = await team.startAgent();
  const task = await team.addTask({ require_plan: true });
  await team.give(task, worker);
  expect((await orchestratia(worker, "task", "start", task.key)).stdout).toContain("A plan comes first");
  expect(await answer(worker, "task", "plan", task.key, "--plan", "first this")).toMatchObject({
    status: "plan_review",
    plan: { summary: "first this" },
  });
  await team.admin.call(tasks.approvePlan, { params: { project: team.project, task: task.key } });
  expect(await answer(worker, "task", "submit", task.key, "--result", "done")).toMatchObject({
    status: "review",
    result: "done",
  });
});

test("an orchestrator makes work for others, changes it, and takes it back", async () => {
  const lead = await team.startAgent("orchestrator");
  const worker = await team.startAgent();
  const made = await answer(
    lead,
    ...[
      "task",
      "create",
      "--title",
      "A",
      "--spec",
      "Do A.",
      "--priority",
      "high",
      "--acceptance-criteria",
      "one",
      "two",
    ],
    ...["--assign", worker.name],
  );
  expect(made).toMatchObject({
    priority: "high",
    acceptance_criteria: ["one", "two"],
    target_session_name: worker.name,
  });
  const changed = await answer(lead, "task", "update", made.key, "--title", "B");
  expect(changed).toMatchObject({ title: "B", version: made.version + 1 });

  // Left to the matcher, they would go to the sessions of other tests.
  const [x, y] = [
    { id: "x", title: "X", spec: "x" },
    { title: "Y", spec: "y", depends_on: ["x"] },
  ];
  const inline = JSON.stringify({ tasks: [x, y].map((task) => ({ ...task, auto_assign: false })) });
  const pipeline = ["pipeline", "create", "--inline", inline];
  expect(await answer(lead, ...pipeline, "--dry-run")).toMatchObject({ dry_run: true });
  const { tasks_created, tasks: two, id_map } = await answer(lead, ...pipeline);
  expect([tasks_created, two[1].dependencies[0].depends_on_task_id]).toEqual([2, id_map.x]);

  await answer(lead, "task", "deps", "remove", two[1].key, "--depends-on", two[0].key);
  const edge = await answer(lead, "task", "deps", "add", two[1].key, "--depends-on", made.key);
  expect(edge).toMatchObject({ depends_on_key: made.key, resolved: false });
  const circle = await orchestratia(lead, "task", "deps", "add", made.key, "--depends-on", two[1].key, "--json");
  expect(JSON.parse(circle.stdout)).toMatchObject({ code: "dependency_cycle" });
  expect(await answer(lead, "task", "cancel", two[1].key)).toMatchObject({ cancelled: true, status: "cancelled" });

  const [list, sessions, servers, explained] = await Promise.all([
    answer(lead, "task", "list", "--status", "cancelled"),
    answer(lead, "session", "list"),
    answer(lead, "server", "list"),
    answer(lead, "match", two[0].key),
  ]);
  expect(list.tasks).toMatchObject([{ key: two[1].key }]);
  expect(sessions.sessions.map(({ name }: { name: string }) => name)).toContain(worker.name);
  expect(servers.servers).toMatchObject([{ id: team.daemon.serverId, reachable: true }]);
  expect(explained).toMatchObject({ task_id: two[0].id, servers: [{ server_id: team.daemon.serverId }] });
});

test("a version 1 client's environment works too: the server's key, and the session beside it", async () => {
  const worker = await team.startAgent();
  const task = await team.addTask();
  await team.give(task, worker);
  const asServer = { token: team.daemon.apiKey, id: worker.id };
  expect(await answer(asServer, "task", "check")).toMatchObject({ count: 1 });
  expect(await answer(asServer, "task", "start", task.key)).toMatchObject({ status: "running" });
  expect(await answer(asServer, "task", "complete", task.key, "--result", "42")).toMatchObject({
    status: "done",
    result: 42,
  });
});

test("whoever has no right key is told so, and status still exits with 0", async () => {
  const stranger = { token: "orcs_nobody" };
  const refused = await orchestratia(stranger, "task", "check", "--json");
  expect([refused.code, JSON.parse(refused.stdout).code]).toEqual([4, "unauthenticated"]);
  const status = await orchestratia(stranger, "status", "--json");
  expect([status.code, JSON.parse(status.stdout).connected]).toEqual([0, false]);
});
