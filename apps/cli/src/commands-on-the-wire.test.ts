import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { startProtocolHub } from "./testing/protocol-hub.ts";
import { runInProcess } from "./testing/run-in-process.ts";
import { TASK_ID } from "./testing/samples.ts";

const hub = await startProtocolHub();
afterAll(() => hub[Symbol.asyncDispose]());
beforeEach(() => {
  hub.received.length = 0;
});

const folder = mkdtempSync(join(tmpdir(), "orchestratia-cli-"));
const fileOf = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const env = { ORCHESTRATIA_HUB_URL: `${hub.url}/`, ORCHESTRATIA_API_KEY: "orcs_secret" };
const orchestratia = (argv: string[]) => runInProcess(argv, { env });

const sent = () => hub.received.map(({ operation, params, query, body }) => ({ operation, params, query, body }));
const call = (operation: string, rest: { params?: object; query?: object; body?: object } = {}) => ({
  operation,
  params: {},
  query: {},
  body: undefined,
  ...rest,
});
const onTask = { params: { task: "DEMO-3" } };

const pipeline = {
  tasks: [
    { id: "a", title: "A", spec: "a" },
    { title: "B", spec: "b", depends_on: ["a", 0] },
  ],
};
const spec = { $schema: "orchestratia/task-spec/v1", expected_output: { contracts: [{ key: "api_schema" }] } };

const lines: [line: string, argv: string[], calls: object[]][] = [
  [
    "task create",
    [
      "task",
      "create",
      "--title",
      "T",
      "--spec",
      "S",
      "--repo",
      "r",
      "--branch",
      "b",
      "--acceptance-criteria",
      "one",
      "two",
    ],
    [
      call("agentCreateTask", {
        body: {
          title: "T",
          spec: "S",
          priority: "normal",
          type: "feature",
          target_repo: "r",
          target_branch: "b",
          acceptance_criteria: ["one", "two"],
        },
      }),
    ],
  ],
  [
    "task create, all of it",
    [
      ...[
        "task",
        "create",
        "--title",
        "T",
        "--spec",
        `@${fileOf("spec.md", "# S\n")}`,
        "--priority",
        "high",
        "--type",
        "bugfix",
      ],
      ...["--depends-on", "DEMO-1", "DEMO-2", "--parent", "DEMO-0", "--structured-spec", JSON.stringify(spec)],
      ...["--require-plan", "--assign", "w1"],
    ],
    [
      call("agentCreateTask", {
        body: {
          title: "T",
          spec: "# S",
          structured_spec: spec,
          priority: "high",
          type: "bugfix",
          dependency_ids: ["DEMO-1", "DEMO-2"],
          parent_id: "DEMO-0",
          require_plan: true,
        },
      }),
      call("agentAssignTask", { params: { task: TASK_ID }, body: { session_name: "w1", require_plan: true } }),
    ],
  ],
  ["task list", ["task", "list", "--status", "running"], [call("agentListTasks", { query: { status: "running" } })]],
  ["task check", ["task", "check"], [call("agentCheckTasks")]],
  ["task view", ["task", "view", "DEMO-3"], [call("agentViewTask", onTask)]],
  ["task status", ["task", "status", "6f1c"], [call("agentViewTask", { params: { task: "6f1c" } })]],
  ["task start", ["task", "start", "DEMO-3"], [call("agentStartTask", onTask)]],
  [
    "task submit",
    ["task", "submit", "DEMO-3", "--result", "[1, 2]", "--allow-partial"],
    [call("agentSubmitTask", { ...onTask, body: { result: [1, 2], allow_partial: true } })],
  ],
  [
    "task fail",
    ["task", "fail", "DEMO-3", "--error", "--it broke"],
    [call("agentFailTask", { ...onTask, body: { error: "--it broke" } })],
  ],
  [
    "task help",
    ["task", "help", "DEMO-3", "--question", "Which?", "--context", "two ways"],
    [
      call("agentHelpTask", {
        ...onTask,
        body: { question: "Which?", context: "two ways", intervention_type: "help" },
      }),
    ],
  ],
  [
    "task help, an approval",
    ["task", "help", "DEMO-3", "--question", "Ok?", "--type", "approval", "--option", "yes", "no", "--urgency", "high"],
    [
      call("agentHelpTask", {
        ...onTask,
        body: { question: "Ok?", intervention_type: "approval", options: ["yes", "no"], urgency: "high" },
      }),
    ],
  ],
  [
    "task plan in words",
    ["task", "plan", "DEMO-3", "--plan", "first this"],
    [call("agentPlanTask", { ...onTask, body: { plan: { summary: "first this" } } })],
  ],
  [
    "task plan in JSON",
    ["task", "plan", "DEMO-3", "--plan", '{"steps": [1]}'],
    [call("agentPlanTask", { ...onTask, body: { plan: { steps: [1] } } })],
  ],
  [
    "task note",
    ["task", "note", "DEMO-3", "--content", "hello"],
    [call("agentAddNote", { ...onTask, body: { content: "hello", urgent: false } })],
  ],
  [
    "task note, urgent",
    ["task", "note", "DEMO-3", "--urgent", "--content", "stop"],
    [call("agentAddNote", { ...onTask, body: { content: "stop", urgent: true } })],
  ],
  ["task notes", ["task", "notes", "DEMO-3"], [call("agentListNotes", onTask)]],
  [
    "task assign",
    ["task", "assign", "DEMO-3", "--session", "w 1"],
    [call("agentAssignTask", { ...onTask, body: { session_name: "w 1" } })],
  ],
  [
    "task update",
    [
      "task",
      "update",
      "DEMO-3",
      "--priority",
      "critical",
      "--structured-spec",
      fileOf("spec.yaml", "constraints:\n  testing: unit\n"),
    ],
    [
      call("agentViewTask", onTask),
      call("agentUpdateTask", {
        params: { task: TASK_ID },
        body: { priority: "critical", structured_spec: { constraints: { testing: "unit" } } },
      }),
    ],
  ],
  ["task cancel", ["task", "cancel", "DEMO-3"], [call("agentCancelTask", onTask)]],
  [
    "task deps add",
    [
      "task",
      "deps",
      "add",
      "DEMO-3",
      "--depends-on",
      "DEMO-1",
      "--type",
      "input",
      "--contract-key",
      "k",
      "--alias",
      "a",
    ],
    [
      call("agentAddDependency", {
        ...onTask,
        body: { depends_on_task_id: "DEMO-1", dependency_type: "input", contract_key: "k", alias: "a" },
      }),
    ],
  ],
  [
    "task deps add, plain",
    ["task", "deps", "add", "DEMO-3", "--depends-on", "DEMO-1"],
    [call("agentAddDependency", { ...onTask, body: { depends_on_task_id: "DEMO-1", dependency_type: "blocks" } })],
  ],
  [
    "task deps remove",
    ["task", "deps", "remove", "DEMO-3", "--depends-on", "DEMO-1"],
    [call("agentRemoveDependency", { params: { task: "DEMO-3", upstream: "DEMO-1" } })],
  ],
  [
    "intervention list",
    ["intervention", "list", "--task-id", "DEMO-3", "--status", "pending"],
    [call("agentListInterventions", { query: { task_id: "DEMO-3", status: "pending" } })],
  ],
  [
    "intervention respond",
    ["intervention", "respond", "e5fb2091", "--response", "Postgres"],
    [call("agentRespondIntervention", { params: { intervention: "e5fb2091" }, body: { response: "Postgres" } })],
  ],
  ["server list", ["server", "list"], [call("agentListServers")]],
  ["session list", ["session", "list"], [call("agentListSessions")]],
  [
    "pipeline create from YAML",
    ["pipeline", "create", "--dry-run", "--file", fileOf("p.yaml", "tasks:\n  - {id: a, title: A, spec: a}\n")],
    [call("agentCreatePipeline", { body: { tasks: [{ id: "a", title: "A", spec: "a" }], dry_run: true } })],
  ],
  [
    "pipeline create in place",
    ["pipeline", "create", "--inline", JSON.stringify(pipeline)],
    [call("agentCreatePipeline", { body: pipeline })],
  ],
  ["match", ["match", "DEMO-3"], [call("agentExplainMatch", onTask)]],
  ["status", ["status"], [call("agentStatus")]],
];

test.each(lines)("%s sends what its operation takes, and prints its tagged answer", async (_, argv, calls) => {
  const { code, stdout, stderr } = await orchestratia(argv);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  // Whatever the last commit of this checkout changed goes with a result; its own test looks at it.
  for (const { body } of hub.received) delete (body as { git_diff_stats?: unknown } | undefined)?.git_diff_stats;
  expect(sent()).toEqual(calls);
  expect(stdout).toMatch(/^\[ORCHESTRATIA\] \S/);
});

test.each(lines)("%s --json prints one document, indented by two", async (_, argv) => {
  const { code, stdout } = await orchestratia(["--json", ...argv]);
  expect(code).toBe(0);
  expect(stdout).toBe(`${JSON.stringify(JSON.parse(stdout), null, 2)}\n`);
});
