import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DaemonFrame } from "@orchestratia/protocol/server-link";
import { pino } from "pino";
import { expect, test } from "vitest";
import type { WorktreePolicy } from "../policy/policy.ts";
import { testRepository, userGit, writeFiles } from "../testing/test-repository.ts";
import { waitFor } from "../testing/wait.ts";
import { WorkspaceRequests } from "./workspace-requests.ts";

const task = { task_id: "task-1", task_key: "APP-1", repo: "app", branch: null };
const session = "session-1";

function open(policy: Partial<WorktreePolicy> = {}) {
  const { home, repo } = testRepository();
  const repos: Record<string, string> = { app: repo };
  const sent: DaemonFrame[] = [];
  const requests = new WorkspaceRequests((frame) => sent.push(DaemonFrame.parse(frame)), {
    policy: () => ({ create: true, setup: false, verify: true, ...policy }),
    folder: join(home, "worktrees"),
    repos: () => repos,
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin" },
    sessionFolder: (id) => (id === session ? repo : undefined),
    occupied: () => [],
    log: pino({ enabled: false }),
  });
  const answerTo = (request_id: string) =>
    waitFor(() => sent.find((frame) => "request_id" in frame && frame.request_id === request_id && "ok" in frame));
  return {
    home,
    repo,
    repos,
    sent,
    requests,
    ask: (frame: Parameters<typeof requests.receive>[0] & { request_id: string }) => {
      requests.receive(frame);
      return answerTo(frame.request_id);
    },
    answerTo,
  };
}

const evidence = (commands: string[], worker_session = session) =>
  ({ type: "evidence_run", request_id: "e", task_id: task.task_id, worker_session, commands, limit_s: 60 }) as const;

test("a checkout is made, looked at and discarded as the hub asks", async () => {
  const { ask, home } = open();
  const path = join(home, "worktrees", "APP-1");
  expect(await ask({ type: "workspace_prepare", request_id: "1", ...task })).toMatchObject({
    type: "workspace_result",
    ok: true,
    worktree: { path, branch: "orc/APP-1" },
  });
  writeFiles(path, { "new.txt": "n\n" });
  expect(await ask({ type: "workspace_diff", request_id: "2", task_id: task.task_id })).toMatchObject({
    ok: true,
    diff: { dirty: true, files: [{ path: "new.txt" }] },
  });
  expect(await ask({ type: "workspace_list", request_id: "3" })).toMatchObject({
    worktrees: [{ task_id: task.task_id, changed_files: 1 }],
  });
  const discard = { type: "workspace_discard", task_id: task.task_id } as const;
  expect(await ask({ ...discard, request_id: "4", force: false })).toMatchObject({
    ok: false,
    error: expect.stringContaining("uncommitted changes"),
  });
  expect(await ask({ ...discard, request_id: "5", force: true })).toMatchObject({ ok: true });
  expect(existsSync(path)).toBe(false);
  expect(await ask({ type: "workspace_diff", request_id: "6", task_id: task.task_id })).toMatchObject({
    ok: false,
    error: "The task has no worktree on this machine.",
  });
});

test("what policy.yaml forbids is refused with its setting's name", async () => {
  const { ask } = open({ create: false, verify: false });
  expect(await ask({ type: "workspace_prepare", request_id: "1", ...task })).toMatchObject({
    ok: false,
    no_checkout: true,
    error: expect.stringContaining("worktrees.create"),
  });
  expect(await ask(evidence(["true"]))).toMatchObject({
    type: "evidence_result",
    ok: false,
    error: expect.stringContaining("worktrees.verify"),
    results: [],
  });
});

test.each([
  ["a folder in no repository", (home: string) => mkdirSync(join(home, "plain")), "plain", "is not a git repository"],
  ["a repository without a commit", (home: string) => userGit(home, "init", "--quiet", "empty"), "empty", "no commit"],
  ["a folder that is not there", () => {}, "nowhere", "is missing"],
])("of %s there can be no checkout: the hub is told so", async (_, make, name, sentence) => {
  const { ask, home, repos } = open();
  make(home);
  repos.app = join(home, name);
  expect(await ask({ type: "workspace_prepare", request_id: "1", ...task })).toMatchObject({
    ok: false,
    no_checkout: true,
    error: expect.stringContaining(sentence),
  });
});

test("what may be mended is no reason to work in the folder itself", async () => {
  const { ask } = open();
  expect(await ask({ type: "workspace_prepare", request_id: "1", ...task, branch: "release" })).toMatchObject({
    ok: false,
    no_checkout: false,
    error: expect.stringContaining("no branch release"),
  });
});

test("verify commands run in the task's checkout, else where its session works, and their output comes first", async () => {
  const { ask, home, repo, sent } = open();
  expect(await ask(evidence(["pwd; exit 2", "true"]))).toMatchObject({
    ok: false,
    results: [{ command: "pwd; exit 2", exit_code: 2, tail: `${repo}\n` }],
  });
  expect(sent[0]).toEqual({
    type: "evidence_output",
    request_id: "e",
    command: 0,
    stream: "stdout",
    content: `${repo}\n`,
  });
  await ask({ type: "workspace_prepare", request_id: "1", ...task });
  sent.length = 0;
  expect(await ask(evidence(["pwd"]))).toMatchObject({
    ok: true,
    results: [{ exit_code: 0, tail: `${join(home, "worktrees", "APP-1")}\n` }],
  });
});

test("verify commands of a task that is nowhere here are refused", async () => {
  const { ask } = open();
  expect(await ask(evidence(["true"], "elsewhere"))).toMatchObject({
    ok: false,
    error: expect.stringContaining("session is not on this machine"),
  });
});

test("when the hub is gone nobody waits for evidence: it is ended", async () => {
  const { requests, sent, answerTo } = open();
  requests.receive(evidence(["echo begun; sleep 300", "true"]));
  await waitFor(() => sent.some((frame) => frame.type === "evidence_output"));
  requests.linkLost();
  expect(await answerTo("e")).toMatchObject({ ok: false, results: [{ exit_code: null, signal: "SIGKILL" }] });
});
