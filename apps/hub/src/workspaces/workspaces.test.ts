import type { DaemonFrame } from "@orchestratia/protocol/server-link";
import { Completion } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { retryTask } from "../tasks/retry-task.ts";
import { submitTask } from "../tasks/review-decision.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine } from "../testing/test-engine.ts";
import { checkedOut, diff, ended, factsOf, outputOf, stage, started, worktree } from "../testing/workspace-daemon.ts";
import { cleanWorktrees } from "./clean-worktrees.ts";
import { discardWorktree } from "./discard-worktree.ts";
import { taskDiff } from "./task-diff.ts";

const delivered = Completion.parse({ result: { summary: "done" } });

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
    "stdout $ npm run lint\n",
    "stdout [npm test] exited with 0 after 1.5 s\n[npm run lint] exited with 0 after 1.5 s\n",
  ]);
  const [fact] = await factsOf(hub, id, "task.evidence_taken");
  expect(fact?.details).toMatchObject({
    ok: true,
    epoch: 1,
    results: [
      { command: "npm test", exit_code: 0, duration_ms: 1500, output: { first: 1, last: 2 } },
      { output: { first: 3, last: 3 } },
    ],
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
    JSON.stringify({ worktree_per_task: false, verify_commands: ["npm test"] }),
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

test("what a task changed is kept with its completion and asked of the daemon before that", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await started(hub, {});
  const { id, session } = daemon;
  await checkedOut(hub, daemon);
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

test("what was kept of an earlier attempt, or before a later round, is not shown for this one's", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await started(hub, { require_review: true });
  const { id, session } = daemon;
  await checkedOut(hub, daemon);
  const submitting = submitTask(hub.engine, session, id, delivered);
  const first = await daemon.asked("workspace_diff");
  daemon.says({ type: "workspace_result", request_id: first.request_id, ok: true, diff });
  await submitting;
  const kept = () => taskDiff(hub.engine, id, "completion");
  expect(await kept()).toMatchObject({ source: "completion" });
  await hub.sql.query("update tasks set epoch = epoch + 1 where id = $1", [id]);
  await expect(kept()).rejects.toMatchObject({ code: "diff_not_found" });
  await hub.sql.query("update tasks set epoch = epoch - 1, status = 'running', version = version + 1 where id = $1", [
    id,
  ]);
  expect(await kept()).toMatchObject({ source: "completion" });

  const again = submitTask(hub.engine, session, id, delivered);
  daemon.refuses(await daemon.asked("workspace_diff", 2), "Git does not answer.");
  await again;
  await expect(kept()).rejects.toMatchObject({ code: "diff_not_found" });
});

test("a task without a checkout completes without a diff", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await started(hub, {});
  await checkedOut(hub, daemon);
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

test.each(["discards", "refuses"])(
  "a task that is tried again waits for its checkout while it is being discarded, when its daemon %s it",
  async (answer) => {
    await using database = await createTestDatabase();
    await using hub = await openTestEngine(database.url);
    const daemon = await stage(hub, {});
    const id = await hub.addTask(daemon.project, { auto_assign: false });
    await cancelTask(hub.engine, SYSTEM, id);
    await checkedOut(hub, { ...daemon, id });
    const wanted = { taskId: id, projectId: daemon.project, serverId: daemon.server.id, force: false };
    const discarding = discardWorktree(hub.engine, SYSTEM, wanted).catch((error) => error.code);
    const asked = await daemon.asked("workspace_discard");
    await retryTask(hub.engine, SYSTEM, id);
    await assignTask(hub.engine, SYSTEM, id, { server_id: daemon.server.id });
    await hub.settled();
    expect(daemon.count("workspace_prepare")).toBe(0);
    if (answer === "refuses") daemon.refuses(asked, "It has uncommitted changes in 1 file.");
    else daemon.says({ type: "workspace_result", request_id: asked.request_id, ok: true });
    expect(await discarding).toBe(answer === "refuses" ? "workspace_refused" : undefined);
    await hub.engine.delivery.rederive();
    expect(await daemon.asked("workspace_prepare")).toMatchObject({ task_id: id });
  },
);

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
  expect(discard).toEqual({ type: "workspace_discard", task_id: settled, force: false, only_merged: true });
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
