import type { DaemonFrame, HubFrame } from "@orchestratia/protocol/server-link";
import { Completion } from "@orchestratia/protocol/tasks";
import type { EvidenceResult, WorkspaceDiff, Worktree } from "@orchestratia/protocol/workspace";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { listOutput } from "../output/queries.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { submitTask } from "../tasks/review-decision.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { until } from "../testing/until.ts";
import { cleanWorktrees } from "./clean-worktrees.ts";
import { discardWorktree } from "./discard-worktree.ts";
import { taskDiff } from "./task-diff.ts";

type Asked = Extract<HubFrame, { request_id: string }>;
const delivered = Completion.parse({ result: { summary: "done" } });

const worktree = (task_id: string): Worktree => ({
  task_id,
  task_key: "APP-1",
  repo: "shop",
  branch: "orc/APP-1",
  base_branch: "main",
  base_commit: "1".repeat(40),
  head: "1".repeat(40),
  path: "/var/lib/worktrees/APP-1",
  working_dir: "/var/lib/worktrees/APP-1/app",
  created_at: "2026-01-02T03:04:05.000Z",
  missing: false,
  changed_files: 0,
  ahead: 0,
  behind: 0,
  merged: true,
  setup: { state: "none", exit_code: null, output: "" },
});
const diff: WorkspaceDiff = {
  branch: "orc/APP-1",
  base_commit: "1".repeat(40),
  head: "2".repeat(40),
  dirty: false,
  files: [],
  files_total: 0,
  additions: 0,
  deletions: 0,
  commits: [],
  commits_total: 1,
  taken_at: "2026-01-02T03:04:05.000Z",
};
const ended = (command: string, exit_code: number): EvidenceResult => ({
  command,
  exit_code,
  signal: null,
  duration_ms: 1500,
  timed_out: false,
  tail: exit_code === 0 ? "" : "1 test failed\n",
});

/** A server whose daemon speaks version 2; the test says what it answers. */
async function stage(
  hub: TestEngine,
  settings: Record<string, unknown>,
  { version = 2 as 1 | 2, repos = ["shop"] } = {},
) {
  const project = await hub.addProject(settings);
  const server = await hub.addServer(project, { agents: ["claude"], repos });
  const asked: Asked[] = [];
  const link = hub.connect(
    server.id,
    (frame) => {
      if ("request_id" in frame) asked.push(frame);
    },
    { version },
  );
  const says = (frame: DaemonFrame) => hub.engine.workspaces.received(server.id, frame);
  return {
    project,
    server,
    frames: link.frames,
    asked: async (type: Asked["type"], count = 1): Promise<Asked> => {
      const found = () => asked.filter((frame) => frame.type === type)[count - 1];
      await until(() => found() !== undefined);
      return found() as Asked;
    },
    count: (type: Asked["type"]) => asked.filter((frame) => frame.type === type).length,
    says,
    refuses: ({ request_id }: Asked, error: string) => says({ type: "workspace_result", request_id, ok: false, error }),
    prints: ({ request_id }: Asked, command: number, content: string, stream: "stdout" | "stderr" = "stdout") =>
      says({ type: "evidence_output", request_id, command, stream, content }),
    proves: ({ request_id }: Asked, ...results: EvidenceResult[]) =>
      says({
        type: "evidence_result",
        request_id,
        ok: results.every(({ exit_code }) => exit_code === 0),
        results,
      }),
  };
}

async function started(hub: TestEngine, settings: Record<string, unknown>, how?: Parameters<typeof stage>[2]) {
  const daemon = await stage(hub, settings, how);
  const session = await hub.addSession(daemon.project, daemon.server, "claude");
  const id = await hub.addTask(daemon.project);
  await hub.settled();
  await startTask(hub.engine, session, id);
  return { ...daemon, session, id };
}

const outputOf = async (hub: TestEngine, id: string) =>
  (await listOutput(hub.sql, id, { after: 0, limit: 200 })).output.map(({ stream, content }) => `${stream} ${content}`);

const factsOf = async (hub: TestEngine, id: string, type: string) =>
  hub.sql.query<{ details: Record<string, unknown> }>(
    "select details from activity_log where task_id = $1 and event_type = $2 order by seq",
    [id, type],
  );

test("a completion waits for the verify commands, which the daemon runs; what they print is the task's output", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, session, asked, prints, proves } = await started(hub, { verify_commands: ["npm test", "npm run lint"] });
  const completing = completeTask(hub.engine, session, id, delivered);
  const run = await asked("evidence_run");
  expect(run).toMatchObject({
    task_id: id,
    worker_session: session.id,
    commands: ["npm test", "npm run lint"],
    limit_s: 600,
  });
  expect(await hub.task(id)).toMatchObject({ status: "running" });
  prints(run, 0, "ok 1\n");
  prints(run, 0, "warning\n", "stderr");
  proves(run, ended("npm test", 0), ended("npm run lint", 0));
  await completing;
  expect(await hub.task(id)).toMatchObject({ status: "done" });
  expect(await outputOf(hub, id)).toEqual([
    "stdout $ npm test\nok 1\n",
    "stderr warning\n",
    "stdout $ npm run lint\n[npm test] exited with 0 after 1.5 s\n[npm run lint] exited with 0 after 1.5 s\n",
  ]);
  const [fact] = await factsOf(hub, id, "task.evidence_taken");
  expect(fact?.details).toMatchObject({
    ok: true,
    results: [{ command: "npm test", exit_code: 0, duration_ms: 1500 }, {}],
  });
});

test("a failing command refuses the completion like an unmet contract, and a later one may pass", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, session, asked, prints, proves } = await started(hub, { verify_commands: ["npm run build", "npm test"] });
  const before = await hub.task(id);
  const refused = completeTask(hub.engine, session, id, delivered);
  const run = await asked("evidence_run");
  prints(run, 1, "1 test failed\n");
  proves(run, ended("npm run build", 0), ended("npm test", 1));
  await expect(refused).rejects.toMatchObject({
    code: "evidence_failed",
    detail: expect.stringMatching(/^The verify command "npm test" of \S+ exited with 1 after 1.5 s.*1 test failed$/s),
    members: { command: "npm test", exit_code: 1, tail: "1 test failed\n", passed: ["npm run build"] },
  });
  expect(await hub.task(id)).toEqual(before);
  expect((await outputOf(hub, id)).join("")).toContain("[npm test] exited with 1 after 1.5 s");

  const again = completeTask(hub.engine, session, id, delivered);
  proves(await asked("evidence_run", 2), ended("npm run build", 0), ended("npm test", 0));
  await again;
  expect(await hub.task(id)).toMatchObject({ status: "done" });
});

test("a client that lost patience and asks again waits for the same run", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, session, asked, proves, count } = await started(hub, { verify_commands: ["npm test"] });
  const both = [completeTask(hub.engine, session, id, delivered), completeTask(hub.engine, session, id, delivered)];
  const run = await asked("evidence_run");
  // The second one has been judged as well when a third answer comes back.
  await hub.engine.writers.settled();
  proves(run, ended("npm test", 0));
  await Promise.all(both);
  expect(count("evidence_run")).toBe(1);
  expect(await hub.task(id)).toMatchObject({ status: "done" });
});

test("a task that moved while its commands ran is judged as it is then", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, session, asked, proves } = await started(hub, { verify_commands: ["npm test"] });
  const completing = completeTask(hub.engine, session, id, delivered);
  const run = await asked("evidence_run");
  await hub.sql.query("update tasks set version = version + 1 where id = $1", [id]);
  proves(run, ended("npm test", 0));
  await completing;
  expect(await hub.task(id)).toMatchObject({ status: "done" });
});

test("commands that were changed meanwhile are run as they are now", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, session, asked, proves, project } = await started(hub, { verify_commands: ["true"] });
  const completing = completeTask(hub.engine, session, id, delivered);
  const first = await asked("evidence_run");
  await hub.sql.query("update projects set settings = $2 where id = $1", [
    project,
    JSON.stringify({ verify_commands: ["npm test"] }),
  ]);
  proves(first, ended("true", 0));
  const second = await asked("evidence_run", 2);
  expect(second).toMatchObject({ commands: ["npm test"] });
  proves(second, ended("npm test", 1));
  await expect(completing).rejects.toMatchObject({ code: "evidence_failed" });
});

test("evidence that cannot be taken is no evidence", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, session, asked, says, server } = await started(hub, { verify_commands: ["npm test"] });
  const refused = completeTask(hub.engine, session, id, delivered);
  const { request_id } = await asked("evidence_run");
  says({ type: "evidence_result", request_id, ok: false, error: "worktrees.verify is false.", results: [] });
  await expect(refused).rejects.toMatchObject({
    code: "evidence_failed",
    detail: expect.stringContaining("verify is false"),
  });

  const lost = completeTask(hub.engine, session, id, delivered);
  await asked("evidence_run", 2);
  hub.disconnect(server.id);
  await expect(lost).rejects.toMatchObject({ code: "evidence_failed", detail: expect.stringContaining("went away") });
  hub.connect(server.id);
  await expect(completeTask(hub.engine, session, id, delivered)).rejects.toMatchObject({
    code: "evidence_failed",
    detail: expect.stringContaining("version 1"),
  });
  expect(await hub.task(id)).toMatchObject({ status: "running" });
});

test("another server's word proves nothing", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, session, asked, proves, project } = await started(hub, { verify_commands: ["npm test"] });
  const other = await hub.addServer(project);
  const completing = completeTask(hub.engine, session, id, delivered);
  const run = await asked("evidence_run");
  const forged: DaemonFrame = {
    type: "evidence_result",
    request_id: run.request_id,
    ok: true,
    results: [ended("npm test", 0)],
  };
  hub.engine.workspaces.received(other.id, forged);
  proves(run, ended("npm test", 1));
  await expect(completing).rejects.toMatchObject({ code: "evidence_failed" });
});

test("work that goes to review is verified before a person looks at it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, session, asked, proves } = await started(hub, { verify_commands: ["npm test"], require_review: true });
  const refused = submitTask(hub.engine, session, id, delivered);
  proves(await asked("evidence_run"), ended("npm test", 1));
  await expect(refused).rejects.toMatchObject({ code: "evidence_failed" });
  const submitted = submitTask(hub.engine, session, id, delivered);
  proves(await asked("evidence_run", 2), ended("npm test", 0));
  await submitted;
  expect(await hub.task(id)).toMatchObject({ status: "review" });
});

test("with worktree_per_task a task gets a session of its own in its own checkout, never one that is at rest", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, { worktree_per_task: true });
  await hub.addSession(daemon.project, daemon.server, "claude");
  const id = await hub.addTask(daemon.project, { target_repo: "shop", target_branch: "release" });
  const asked = await daemon.asked("workspace_prepare");
  expect(asked).toMatchObject({ task_id: id, repo: "shop", branch: "release" });
  expect(await hub.task(id)).toMatchObject({ assigned_session_id: null, delivered_at: null });
  daemon.says({ type: "workspace_result", request_id: asked.request_id, ok: true, worktree: worktree(id) });
  await hub.settled();
  await until(() => daemon.frames.filter((frame) => frame.type === "session_start").length === 2);
  expect(daemon.frames.filter((frame) => frame.type === "session_start").at(-1)).toMatchObject({
    agent: "claude",
    working_directory: "/var/lib/worktrees/APP-1/app",
  });
  const [fact] = await factsOf(hub, id, "task.worktree_prepared");
  expect(fact?.details).toEqual({ branch: "orc/APP-1", path: "/var/lib/worktrees/APP-1", setup: "none" });
});

test("a checkout that cannot be made is recorded and counted; the task is not given to anybody else's folder", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, { worktree_per_task: true });
  const id = await hub.addTask(daemon.project);
  daemon.refuses(await daemon.asked("workspace_prepare"), "The repository has no branch release.");
  await hub.settled();
  expect(await hub.task(id)).toMatchObject({ status: "assigned", start_failures: 1, assigned_session_id: null });
  expect(daemon.frames.some((frame) => frame.type === "session_start")).toBe(false);
  expect(await factsOf(hub, id, "task.worktree_failed")).toMatchObject([
    { details: { error: "The repository has no branch release." } },
  ]);
});

test("what a task changed is kept with its completion and asked of the daemon before that", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await started(hub, {});
  const { id, session } = daemon;
  await hub.sql.query("update projects set settings = $2 where id = $1", [
    daemon.project,
    JSON.stringify({ worktree_per_task: true }),
  ]);
  await expect(taskDiff(hub.engine, id, "completion")).rejects.toMatchObject({ code: "diff_not_found" });
  const live = taskDiff(hub.engine, id, undefined);
  const first = await daemon.asked("workspace_diff");
  daemon.says({ type: "workspace_result", request_id: first.request_id, ok: true, diff: { ...diff, dirty: true } });
  expect(await live).toMatchObject({ source: "checkout", dirty: true });

  const completing = completeTask(hub.engine, session, id, delivered);
  const second = await daemon.asked("workspace_diff", 2);
  daemon.says({ type: "workspace_result", request_id: second.request_id, ok: true, diff });
  await completing;
  expect(await taskDiff(hub.engine, id, undefined)).toEqual({ ...diff, source: "completion" });
});

test("a task without a checkout completes without a diff", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await started(hub, {});
  await hub.sql.query("update projects set settings = $2 where id = $1", [
    daemon.project,
    JSON.stringify({ worktree_per_task: true }),
  ]);
  const completing = completeTask(hub.engine, daemon.session, daemon.id, delivered);
  daemon.refuses(await daemon.asked("workspace_diff"), "The task has no worktree on this machine.");
  await completing;
  expect(await hub.task(daemon.id)).toMatchObject({ status: "done" });
});

test("a checkout is discarded when its task is settled, not while somebody works in it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await started(hub, {});
  const wanted = { taskId: daemon.id, projectId: daemon.project, serverId: daemon.server.id, force: false };
  await expect(discardWorktree(hub.engine, SYSTEM, wanted)).rejects.toMatchObject({ code: "task_wrong_status" });
  await completeTask(hub.engine, daemon.session, daemon.id, delivered);
  const refused = discardWorktree(hub.engine, SYSTEM, wanted);
  daemon.refuses(await daemon.asked("workspace_discard"), "It has uncommitted changes in 1 file.");
  await expect(refused).rejects.toMatchObject({
    code: "workspace_refused",
    detail: expect.stringContaining("uncommitted"),
  });
  const forced = discardWorktree(hub.engine, SYSTEM, { ...wanted, force: true });
  const { request_id, ...asked } = await daemon.asked("workspace_discard", 2);
  expect(asked).toEqual({ type: "workspace_discard", task_id: daemon.id, force: true });
  daemon.says({ type: "workspace_result", request_id, ok: true });
  await forced;
  expect(await factsOf(hub, daemon.id, "task.worktree_discarded")).toMatchObject([{ details: { forced: true } }]);
});

test("cleaning discards what is merged and settled, and says why the rest stays", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await started(hub, {});
  const settled = await hub.addTask(daemon.project, { auto_assign: false });
  await cancelTask(hub.engine, SYSTEM, settled);
  const cleaning = cleanWorktrees(hub.engine, SYSTEM, { projectId: daemon.project, serverId: daemon.server.id });
  const list = await daemon.asked("workspace_list");
  const unmerged = { ...worktree(settled), merged: false };
  const worktrees = [
    { ...worktree(settled), task_key: "A-1" },
    { ...unmerged, task_key: "A-2", ahead: 2 },
    { ...unmerged, task_key: "A-3", changed_files: 1 },
    { ...worktree(daemon.id), task_key: "A-4" },
    { ...worktree("7c9e6679-7425-40de-944b-e07fc1f90ae7"), task_key: "A-5" },
  ];
  daemon.says({ type: "workspace_result", request_id: list.request_id, ok: true, worktrees });
  const { request_id, ...discard } = await daemon.asked("workspace_discard");
  expect(discard).toEqual({ type: "workspace_discard", task_id: settled, force: false });
  daemon.says({ type: "workspace_result", request_id, ok: true });
  expect(await cleaning).toEqual({
    discarded: ["A-1"],
    kept: [
      { task_key: "A-2", reason: "It has 2 commits that main has not." },
      { task_key: "A-3", reason: "It has uncommitted changes in 1 file." },
      { task_key: "A-4", reason: expect.stringContaining("its checkout is in use") },
      { task_key: "A-5", reason: expect.any(String) },
    ],
  });
  expect(daemon.count("workspace_discard")).toBe(1);
});
