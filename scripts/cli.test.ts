/** The command line against a whole hub: a person's commands beside an agent's, from the sign-in to the sign-out. */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXIT } from "../apps/cli/src/exit-codes.ts";
import { runInProcess } from "../apps/cli/src/testing/run-in-process.ts";
import { ADMIN, startTestHub, type TestHub } from "../apps/hub/src/testing/test-hub.ts";
import { openTestTeam, type TestAgent, type TestTeam } from "../apps/hub/src/testing/test-team.ts";
import { until } from "../apps/hub/src/testing/until.ts";

let hub: TestHub;
let team: TestTeam;
let worker: TestAgent;
let home: string;

beforeAll(async () => {
  hub = await startTestHub();
  team = await openTestTeam({ url: hub.url, admin: await hub.admin() });
  worker = await team.startAgent();
  home = await mkdtemp(path.join(tmpdir(), "orchestratia-person-"));
});
afterAll(async () => {
  await team[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

type Json = Record<string, never> & { [member: string]: Json };

const ran = (argv: string[], env: Record<string, string>, stdin = "") =>
  runInProcess([...argv, "--json"], { env, stdin }).then(({ code, stdout }) => ({
    code,
    answer: (stdout === "" ? {} : JSON.parse(stdout)) as Json,
  }));

/** Runs a line as the person; it must succeed. */
async function person(...argv: string[]): Promise<Json> {
  const { code, answer } = await ran(argv, { ORCHESTRATIA_HOME: home });
  expect([argv, code, answer.error]).toEqual([argv, EXIT.ok, undefined]);
  return answer;
}

/** Runs a line in the worker's session; it must succeed. */
async function agent(...argv: string[]): Promise<Json> {
  const env = { ORCHESTRATIA_HUB_URL: hub.url, ORCHESTRATIA_API_KEY: worker.token };
  const { code, answer } = await ran(argv, env);
  expect([argv, code, answer.error]).toEqual([argv, EXIT.ok, undefined]);
  return answer;
}

test("a person signs in, chooses a project, and what is kept is for their eyes only", async () => {
  const wrong = ["login", "--hub", hub.url, "--email", ADMIN.email, "--password-stdin"];
  expect((await ran(wrong, { ORCHESTRATIA_HOME: home }, "not it")).code).toBe(EXIT.notSignedIn);
  const { code } = await ran(wrong, { ORCHESTRATIA_HOME: home }, `${ADMIN.password}\n`);
  expect(code).toBe(EXIT.ok);
  expect((await stat(path.join(home, "cli/sign-ins.json"))).mode & 0o777).toBe(0o600);

  await person("project", "create", "CLI", "--name", "By hand");
  const { projects } = await person("project", "list");
  expect((projects as unknown as Json[]).map(({ key }) => key)).toContain("CLI");
  expect(await person("project", "use", team.key)).toMatchObject({ key: team.key });
});

test("a task from the first plan to its reopening, the person's moves between the agent's", async () => {
  const made = await person("task", "create", "--title", "Sing", "--spec", "A song.", "--require-plan");
  const key = String(made.key);
  await person("task", "assign", key, "--session", worker.name, "--require-plan");
  await agent("task", "start", key);
  await agent("task", "plan", key, "--plan", '{"summary": "loud"}');
  expect(await person("task", "revise", key, "--feedback", "softer")).toMatchObject({ status: "planning" });
  await agent("task", "plan", key, "--plan", '{"summary": "soft"}');
  const { revisions } = await person("task", "plans", key);
  expect(revisions).toMatchObject([{ feedback: "softer" }, { plan: { summary: "soft" } }]);
  expect(await person("task", "approve", key)).toMatchObject({ status: "running" });
  await agent("task", "submit", key, "--result", '{"summary": "sung"}');
  expect(await person("task", "review", key, "--changes", "again")).toMatchObject({ status: "running" });
  await agent("task", "submit", key, "--result", '{"summary": "sung twice"}');
  expect(await person("task", "review", key, "--approve")).toMatchObject({ status: "done" });
  // The matcher may have placed it again by the time the answer is made.
  const waits = { status: expect.stringMatching(/^(pending|assigned)$/) };
  expect(await person("task", "reopen", key)).toMatchObject(waits);
  expect(await person("task", "cancel", key)).toMatchObject({ cancelled: true });
  expect(await person("task", "retry", key)).toMatchObject(waits);
  await person("task", "assign", key, "--session", worker.name);
  await agent("task", "start", key);
  expect(await person("task", "requeue", key, "--reason", "another try")).toMatchObject(waits);
  await person("task", "cancel", key);
  expect((await person("task", "archive", key)).archived_at).not.toBeNull();
  expect((await person("task", "unarchive", key)).archived_at).toBeNull();
});

test("what a person reads: lists, one task, notes, matches, search, the doctor, events", async () => {
  const { servers } = (await person("server", "list")) as unknown as { servers: { name: string }[] };
  const server = servers[0]?.name ?? "";
  const file = JSON.stringify({
    tasks: [
      { id: "a", title: "Xylophone", spec: "x" },
      { title: "B", spec: "b", depends_on: ["a"] },
    ],
  });
  const { tasks } = (await person("pipeline", "create", "--inline", file)) as unknown as { tasks: { key: string }[] };
  const [first, second] = tasks.map(({ key }) => key) as [string, string];
  // What tasks are found by follows them within a second.
  await until(async () => ((await person("search", "xylophone")).hits as unknown as object[]).length > 0);
  expect(await person("search", "xylophone")).toMatchObject({ hits: [{ task: { key: first } }] });
  await person("task", "update", first, "--priority", "high");
  expect(await person("task", "view", first)).toMatchObject({ priority: "high" });
  await person("task", "deps", "remove", second, "--depends-on", first);
  expect(await person("task", "deps", "add", second, "--depends-on", first)).toMatchObject({ depends_on_key: first });
  await person("task", "note", first, "--content", "In C.");
  expect(await person("task", "notes", first)).toMatchObject([{ content: "In C.", author: ADMIN.name }]);
  expect(await person("match", first)).toMatchObject({ servers: [{ server_name: server }] });
  expect(await person("session", "list")).toMatchObject({ sessions: [{ name: worker.name }] });
  expect(await person("intervention", "list")).toEqual([]);
  expect(await person("doctor")).toMatchObject({ findings: expect.any(Array) });
  expect(await person("server", "drain", server)).toMatchObject({ draining: true });
  expect(await person("server", "undrain", server)).toMatchObject({ draining: false });
  const { id } = await person("task", "view", first);
  const { activity } = (await person("events", "--type", "note.added")) as unknown as { activity: Json[] };
  expect(activity.filter(({ task_id }) => task_id === id)).toHaveLength(1);
  await person("task", "cancel", second);
});

test.each([[["--json"]], [[]]])("what happens is followed as it happens, with %j", async (more) => {
  const { key } = await person("task", "create", "--title", "Watched", "--spec", "S");
  const lines: string[] = [];
  const following = runInProcess(["events", "--follow", "--type", "note.added", ...more], {
    env: { ORCHESTRATIA_HOME: home },
    onOutput: (text) => lines.push(text),
  });
  // Only what happens once the stream is open is told: a note is added until one is.
  await until(async () => {
    await person("task", "note", String(key), "--content", "Look.");
    return lines.length > 0;
  });
  process.emit("SIGINT");
  const { code, stderr } = await following;
  expect([code, stderr]).toEqual([EXIT.ok, ""]);
  for (const line of lines) expect(line).toMatch(/note\.added.*\n$/);
  await person("task", "cancel", String(key));
});

test("exit codes tell the refusals apart, and a sign-out ends it", async () => {
  const env = { ORCHESTRATIA_HOME: home };
  expect((await ran(["task", "view", `${team.key}-999`], env)).code).toBe(EXIT.notFound);
  const { key } = await person("task", "create", "--title", "T", "--spec", "S");
  expect((await ran(["task", "reopen", String(key)], env)).code).toBe(EXIT.conflict);
  expect((await ran(["task", "list", "--limit", "-1"], env)).code).toBe(EXIT.invalid);
  await person("logout");
  expect((await ran(["task", "list"], { ...env, ORCHESTRATIA_HUB_URL: hub.url })).code).not.toBe(EXIT.ok);
});
