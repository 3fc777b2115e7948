import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "@orchestratia/protocol/problems";
import { TaskSummary } from "@orchestratia/protocol/tasks";
import { afterAll, beforeEach, expect, test } from "vitest";
import { startProtocolHub } from "./testing/protocol-hub.ts";
import { type RunOptions, runInProcess } from "./testing/run-in-process.ts";
import { sampleAnswers, sampleTask, TASK_ID } from "./testing/samples.ts";

const hub = await startProtocolHub();
afterAll(() => hub[Symbol.asyncDispose]());
beforeEach(() => {
  hub.received.length = 0;
  Object.assign(hub.answers, sampleAnswers());
});

const folder = mkdtempSync(join(tmpdir(), "orchestratia-cli-"));
const fileOf = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const env = { ORCHESTRATIA_HUB_URL: hub.url, ORCHESTRATIA_API_KEY: "orcs_secret" };
const session = { ORCHESTRATIA_SESSION_ID: "s-1", ORCHESTRATIA_PROJECT_ID: "p-1" };
const orchestratia = (argv: string[], more: RunOptions = {}) =>
  runInProcess(argv, { ...more, env: { ...env, ...more.env } });

test("in JSON the hub's answer comes as it is", async () => {
  const { stdout } = await orchestratia(["task", "start", "DEMO-3", "--json"]);
  expect(JSON.parse(stdout)).toEqual(sampleTask());
  const cancelled = await orchestratia(["task", "--json", "cancel", "DEMO-3"]);
  expect(JSON.parse(cancelled.stdout)).toMatchObject({ cancelled: true, task_id: TASK_ID, status: "cancelled" });
  const removed = await orchestratia(["task", "deps", "remove", "DEMO-3", "--depends-on", "DEMO-1", "--json"]);
  expect(JSON.parse(removed.stdout)).toMatchObject({ removed: true, task_id: TASK_ID, depends_on: "DEMO-1" });
});

test("every request is signed with the key, and says a content type only with a body", async () => {
  await orchestratia(["task", "start", "DEMO-3"]);
  await orchestratia(["task", "fail", "DEMO-3", "--error", "ä"]);
  const [start, fail] = hub.received.map(({ headers }) => headers);
  expect(start).toMatchObject({ "x-api-key": "orcs_secret", accept: "application/json", "content-length": "0" });
  expect(start?.["content-type"]).toBeUndefined();
  expect(start?.["user-agent"]).toMatch(/^orchestratia-cli\/\d/);
  expect(fail).toMatchObject({ "x-api-key": "orcs_secret", "content-type": "application/json" });
});

test("a session says who it is where the operation asks", async () => {
  await orchestratia(["task", "check"], { env: session });
  await orchestratia(["status"], { env: session });
  await orchestratia(["task", "list"], { env: session });
  await orchestratia(["session", "list"], { env: session });
  await orchestratia(["task", "create", "--title", "T", "--spec", "S"], { env: session });
  expect(hub.received.map(({ query }) => query)).toEqual([
    { session_id: "s-1" },
    { session_id: "s-1" },
    { project_id: "p-1" },
    { project_id: "p-1" },
    {},
  ]);
  expect(hub.received.at(-1)?.body).toMatchObject({ session_id: "s-1", project_id: "p-1" });
});

test("an update carries the version that was read", async () => {
  await orchestratia(["task", "update", "DEMO-3", "--title", "New"]);
  expect(hub.received.map(({ headers }) => headers["if-match"])).toEqual([undefined, '"7"']);
});

test.each<[given: string, result: unknown]>([
  ['{"summary": "done"}', { summary: "done" }],
  ["all good", "all good"],
  ["42", 42],
  ["null", null],
  [`@${fileOf("result.json", '{"contracts": {"k": 1}}\n')}`, { contracts: { k: 1 } }],
  [`@${fileOf("result.txt", "in words\n")}`, "in words"],
  ["-", { from: "stdin" }],
])("--result %s is sent as what it is", async (given, result) => {
  await orchestratia(["task", "complete", "DEMO-3", "--result", given], { stdin: '{"from": "stdin"}\n' });
  expect(hub.received[0]?.body).toMatchObject({ result });
});

test("what the hub refuses is told in its words, with its code in JSON, and by the exit code", async () => {
  hub.answers.agentStartTask = new Problem("dependencies_unresolved", "DEMO-3 still waits for DEMO-1.", {
    blockers: ["DEMO-1"],
  });
  const spoken = await orchestratia(["task", "start", "DEMO-3"]);
  expect(spoken).toEqual({ code: 7, stdout: "", stderr: "Error: DEMO-3 still waits for DEMO-1.\n" });
  const json = await orchestratia(["task", "start", "DEMO-3", "--json"]);
  expect({ code: json.code, stderr: json.stderr }).toEqual({ code: 7, stderr: "" });
  expect(JSON.parse(json.stdout)).toMatchObject({
    error: "DEMO-3 still waits for DEMO-1.",
    code: "dependencies_unresolved",
    problem: { status: 409, blockers: ["DEMO-1"] },
  });
});

test("a task that was made but not assigned is named, so that nobody makes it twice", async () => {
  hub.answers.agentAssignTask = new Problem("session_not_found", "No session is called w9.");
  const { code, stdout } = await orchestratia([
    "task",
    "create",
    "--title",
    "T",
    "--spec",
    "S",
    "--assign",
    "w9",
    "--json",
  ]);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    error: "DEMO-3 was made but not assigned: No session is called w9.",
    code: "session_not_found",
    task_id: TASK_ID,
  });
});

test("status exits with 0 whatever happens, and says that it is not connected", async () => {
  hub.answers.agentStatus = new Problem("unauthenticated");
  for (const more of [{}, { env: { ORCHESTRATIA_HUB_URL: "http://127.0.0.1:1" } }]) {
    const spoken = await orchestratia(["status"], more);
    expect({ code: spoken.code, lines: spoken.stdout.split("\n").length }).toEqual({ code: 0, lines: 2 });
    const json = await orchestratia(["status", "--json"], { env: { ...more.env, ...session } });
    expect(JSON.parse(json.stdout)).toMatchObject({
      connected: false,
      session_id: "s-1",
      project_id: "p-1",
      tasks: [],
    });
  }
});

test("the doctor's exit code is its own: errors are told apart from a hub that broke, and warnings are no failure", async () => {
  const person = { env: { ORCHESTRATIA_TOKEN: "orct_secret", ORCHESTRATIA_PROJECT: "DEMO" } };
  expect((await orchestratia(["doctor"], person)).code).toBe(0);
  const { findings } = hub.answers.diagnoseProject as { findings: object[] };
  hub.answers.diagnoseProject = { healthy: false, findings: findings.map((one) => ({ ...one, severity: "error" })) };
  const { code, stdout } = await orchestratia(["doctor"], person);
  expect([code, stdout]).toEqual([11, expect.stringContaining("1 finding:")]);
  expect((await orchestratia(["doctor", "--help"])).stdout).toContain("Exits with 11");
  hub.answers.diagnoseProject = new Problem("internal", "It broke.");
  expect((await orchestratia(["doctor"], person)).code).toBe(10);
});

test("what nobody can send is refused here, with 1 and a code", async () => {
  const refused: [argv: string[], message: RegExp][] = [
    [["task", "update", "DEMO-3"], /at least one field/],
    [["task", "complete", "DEMO-3", "--result", "@/nonexistent/r.json"], /no such file/],
    [["pipeline", "create"], /--file or --inline/],
    [["pipeline", "create", "--inline", "[1]"], /must be an object/],
    [["pipeline", "create", "--inline", "{nope"], /is not JSON/],
    [["task", "create", "--title", "T", "--spec", "-", "--structured-spec", "-"], /Only one value/],
  ];
  for (const [argv, message] of refused) {
    const { code, stdout } = await orchestratia([...argv, "--json"]);
    expect({ argv, code, code_: JSON.parse(stdout).code }).toEqual({ argv, code: 1, code_: "invalid_input" });
    expect(JSON.parse(stdout).error).toMatch(message);
  }
  expect(hub.received).toEqual([]);
});

test("a wrong line is told on standard error, and exits with 2", async () => {
  const wrong = [
    ["nope"],
    ["task", "nope"],
    ["task", "start"],
    ["task", "start", "DEMO-3", "DEMO-4"],
    ["task", "start", "DEMO-3", "--nope"],
    ["task", "create", "--title", "T"],
    ["task", "create", "--title", "T", "--spec", "S", "--priority", "asap"],
    ["pipeline", "create", "--file", "a", "--inline", "b"],
  ];
  for (const argv of wrong) {
    const { code, stdout, stderr } = await orchestratia(argv);
    expect({ argv, code, stdout }).toEqual({ argv, code: 2, stdout: "" });
    expect(stderr).toMatch(/^error: /);
  }
  const json = await orchestratia(["task", "start", "--json"]);
  expect(JSON.parse(json.stdout)).toEqual({ error: "missing required argument 'task'", code: "usage" });
});

test("without a command the help comes, and the exit code is 1; asked for, it is 0", async () => {
  expect((await orchestratia([])).code).toBe(1);
  expect((await orchestratia(["task"])).code).toBe(1);
  const asked = await orchestratia(["task", "deps", "--help"]);
  expect({ code: asked.code, stderr: asked.stderr }).toEqual({ code: 0, stderr: "" });
  expect(asked.stdout).toContain("orchestratia task deps");
  expect((await orchestratia(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("a dry run shows what would be made, and where each task would go", async () => {
  const placement = { index: 0, id: null, title: "Describe", blocked: false, server_id: null, server_name: null };
  hub.answers.agentCreatePipeline = {
    pipeline: null,
    tasks_created: 0,
    id_map: {},
    tasks: [],
    dry_run: true,
    placements: [
      { ...placement, server_name: "box", reason: null },
      { ...placement, title: "Build", server_name: "box", blocked: true, reason: null },
      { ...placement, title: "Ship", reason: "No server is registered" },
    ],
    warnings: ["odd"],
  };
  const inline = JSON.stringify({ tasks: [{ title: "Describe", spec: "S" }] });
  const { stdout } = await orchestratia(["pipeline", "create", "--inline", inline, "--dry-run"]);
  expect(stdout).toBe(
    [
      "[ORCHESTRATIA] Nothing made; would make 3 tasks:",
      "  Describe → box",
      "  Build → box, after what it waits for",
      "  Ship → no server yet: No server is registered",
      "  Warning: odd",
      "",
    ].join("\n"),
  );
});

test("where a task went is said, not where it was sent", async () => {
  hub.answers.agentStartTask = sampleTask({ status: "planning" });
  hub.answers.agentCompleteTask = sampleTask({ status: "review" });
  expect((await orchestratia(["task", "start", "DEMO-3"])).stdout).toContain("orchestratia task plan DEMO-3 --plan");
  expect((await orchestratia(["task", "complete", "DEMO-3", "--result", "x"])).stdout).toContain("waits for review");
});

test("after -- a word may be --json", async () => {
  const { code, stderr } = await orchestratia(["task", "view", "--", "--json"]);
  expect({ code, stderr, task: hub.received[0]?.params.task }).toEqual({ code: 0, stderr: "", task: "--json" });
});

test("colour is for terminals, and never where NO_COLOR is set", async () => {
  const sequence = "\u001b[";
  expect((await orchestratia(["task", "view", "DEMO-3"], { tty: true })).stdout).toContain(sequence);
  expect((await orchestratia(["task", "view", "DEMO-3"], { tty: true, env: { NO_COLOR: "1" } })).stdout).not.toContain(
    sequence,
  );
  expect((await orchestratia(["task", "view", "DEMO-3"])).stdout).not.toContain(sequence);
});

test("colour on standard error is for a terminal there, whatever standard output is", async () => {
  const sequence = "\u001b[";
  hub.answers.agentStartTask = new Problem("dependencies_unresolved", "It waits.");
  const stderrOf = async (more: RunOptions) => (await orchestratia(["task", "start", "DEMO-3"], more)).stderr;
  expect(await stderrOf({ tty: "stderr" })).toContain(sequence);
  expect(await stderrOf({ tty: "stdout" })).toBe("Error: It waits.\n");
  expect(await stderrOf({ tty: "stderr", env: { NO_COLOR: "1" } })).toBe("Error: It waits.\n");
});

test("a table is as wide as the terminal at most", async () => {
  const found = { text: "a text that goes on and on ".repeat(10), match: false };
  hub.answers.agentSearchTasks = {
    hits: [{ task: TaskSummary.parse(sampleTask()), rank: 1, snippet: [found] }],
    similar: false,
    next: null,
  };
  const fitted = await orchestratia(["search", "text"], { tty: true, columns: 60 });
  const widths = fitted.stdout
    .split("\n")
    .slice(1)
    .map((line) => line.length);
  expect([Math.max(...widths), fitted.stdout.includes("…")]).toEqual([60, true]);
  const whole = await orchestratia(["search", "text"], { columns: 60 });
  expect(whole.stdout).toContain(found.text.trim());
});

test("what others wrote cannot steer the terminal", async () => {
  hub.answers.agentViewTask = sampleTask({ title: "\u001b]0;owned\u0007\u001b[2Jfine", spec: "a\r\nb\u0085" });
  const { stdout } = await orchestratia(["task", "view", "DEMO-3"]);
  expect(stdout).toContain("]0;owned[2Jfine");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test("init writes the guide once, and again only with --force", async () => {
  const before = process.cwd();
  process.chdir(mkdtempSync(join(folder, "repo-")));
  try {
    expect((await orchestratia(["init"])).code).toBe(0);
    const written = readFileSync("ORCHESTRATIA.md", "utf8");
    expect((await orchestratia(["init", "--print"])).stdout).toBe(written);
    writeFileSync("ORCHESTRATIA.md", "mine");
    const second = await orchestratia(["init", "--json"]);
    expect({ code: second.code, code_: JSON.parse(second.stdout).code }).toEqual({ code: 1, code_: "invalid_input" });
    expect(readFileSync("ORCHESTRATIA.md", "utf8")).toBe("mine");
    const forced = await orchestratia(["init", "--force", "--json"]);
    expect(JSON.parse(forced.stdout)).toEqual({ created: join(process.cwd(), "ORCHESTRATIA.md") });
    expect(readFileSync("ORCHESTRATIA.md", "utf8")).toBe(written);
  } finally {
    process.chdir(before);
  }
});
