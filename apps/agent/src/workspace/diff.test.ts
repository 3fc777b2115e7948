import { mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { DIFF_FILE_MAX, DIFF_FILES_MAX, DIFF_TOTAL_MAX, WorkspaceDiff } from "@orchestratia/protocol/workspace";
import { expect, test } from "vitest";
import { commitFiles, testRepository, userGit, writeFiles } from "../testing/test-repository.ts";
import { takeDiff } from "./diff.ts";
import { commonBase } from "./worktree-status.ts";
import { Worktrees } from "./worktrees.ts";

const task = { task_id: "task-1", task_key: "APP-1", repo: "app" };
const lines = (count: number, word: string): string =>
  Array.from({ length: count }, (_, n) => `${word} ${n}\n`).join("");

async function open(files?: Record<string, string | Buffer>) {
  const { home, repo } = testRepository(files);
  const worktrees = new Worktrees({
    folder: join(home, "worktrees"),
    repos: () => ({ app: repo }),
    allowsSetup: () => false,
    env: {},
    occupied: () => [],
    signal: new AbortController().signal,
  });
  const { path } = await worktrees.prepare(task);
  const diff = async (): Promise<WorkspaceDiff> => {
    const taken = await worktrees.with(task.task_id, async ({ record, place }) => {
      const where = { cwd: record.path, place };
      return takeDiff(where, await commonBase(record, where));
    });
    return WorkspaceDiff.parse(taken);
  };
  return { home, repo, path, diff };
}

test("an untouched checkout has no diff", async () => {
  const { diff } = await open();
  expect(await diff()).toMatchObject({ branch: "orc/APP-1", dirty: false, files: [], commits: [], files_total: 0 });
});

test("committed, changed, new, removed, renamed, binary and linked files are told apart", async () => {
  const { path, diff } = await open({
    "changed.txt": "one\ntwo\n",
    "old name.txt": lines(20, "same"),
    "gone.txt": "gone\n",
    "picture.png": Buffer.from([0, 1, 2]),
    "becomes-link": "text\n",
    ".gitignore": "ignored\n",
  });
  const commit = commitFiles(path, { "committed.txt": "c\n" }, "Add committed.txt");
  renameSync(join(path, "old name.txt"), join(path, "neuer Name ä.txt"));
  rmSync(join(path, "gone.txt"));
  rmSync(join(path, "becomes-link"));
  symlinkSync("/etc/passwd", join(path, "becomes-link"));
  writeFiles(path, {
    "changed.txt": "one\n2\n",
    "new/file.txt": "n\n",
    "picture.png": Buffer.from([0, 9]),
    ignored: "secret\n",
  });
  const taken = await diff();
  expect(taken).toMatchObject({ dirty: true, head: commit, files_total: 7, commits_total: 1 });
  expect(taken.commits).toMatchObject([{ id: commit, author: "Ada", subject: "Add committed.txt" }]);
  const byPath = Object.fromEntries(taken.files.map((file) => [file.path, file]));
  expect(byPath["changed.txt"]).toEqual({
    path: "changed.txt",
    old_path: null,
    status: "modified",
    binary: false,
    additions: 1,
    deletions: 1,
    uncommitted: true,
    hunks: "@@ -1,2 +1,2 @@\n one\n-two\n+2\n",
    cut: false,
  });
  expect(byPath["committed.txt"]).toMatchObject({ status: "added", uncommitted: false, hunks: "@@ -0,0 +1 @@\n+c\n" });
  expect(byPath["new/file.txt"]).toMatchObject({ status: "added", uncommitted: true, additions: 1 });
  expect(byPath["neuer Name ä.txt"]).toMatchObject({ status: "renamed", old_path: "old name.txt", hunks: "" });
  expect(byPath["gone.txt"]).toMatchObject({ status: "deleted", deletions: 1 });
  expect(byPath["picture.png"]).toMatchObject({ status: "modified", binary: true, hunks: "" });
  expect(byPath["becomes-link"]).toMatchObject({
    status: "type_changed",
    hunks: expect.stringContaining("+/etc/passwd"),
  });
});

test("taking a diff changes nothing for the agent: what it staged stays staged", async () => {
  const { path, diff } = await open({ "a.txt": "a\n" });
  writeFiles(path, { "a.txt": "b\n", "new.txt": "n\n" });
  userGit(path, "add", "a.txt");
  const before = userGit(path, "status", "--porcelain");
  await diff();
  expect(userGit(path, "status", "--porcelain")).toBe(before);
});

test("a file that the agent's index declares unchanged is shown all the same", async () => {
  const { path, diff } = await open({ "a.txt": "a\n" });
  userGit(path, "update-index", "--assume-unchanged", "a.txt");
  writeFiles(path, { "a.txt": "sly\n" });
  expect(userGit(path, "status", "--porcelain")).toBe("");
  expect(await diff()).toMatchObject({ dirty: true, files: [{ path: "a.txt", uncommitted: true }] });
});

test("what comes from the base branch meanwhile is not the task's", async () => {
  const { repo, path, diff } = await open();
  commitFiles(path, { "mine.txt": "m\n" }, "Mine");
  commitFiles(repo, { "theirs.txt": "t\n" }, "Theirs");
  userGit(path, "merge", "--quiet", "--message", "Merge main", "main");
  expect((await diff()).files.map((file) => file.path)).toEqual(["mine.txt"]);
  userGit(repo, "merge", "--quiet", "orc/APP-1");
  expect((await diff()).files.map((file) => file.path)).toContain("mine.txt");
});

test("hunks are bounded for each file and for all; what is cut is marked and counted", async () => {
  const { path, diff } = await open();
  const big = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`big-${n}.txt`, lines(9000, "a long line")]));
  writeFiles(path, { ...big, "z.txt": "z\n", "huge.bin.txt": lines(400_000, "over the limit") });
  const taken = await diff();
  expect(taken.files_total).toBe(32);
  expect(taken.additions).toBe(30 * 9000 + 1);
  expect(Math.max(...taken.files.map(({ hunks }) => hunks.length))).toBeLessThanOrEqual(DIFF_FILE_MAX);
  expect(taken.files.reduce((sum, { hunks }) => sum + hunks.length, 0)).toBeLessThanOrEqual(DIFF_TOTAL_MAX);
  expect(taken.files.find((file) => file.path === "big-0.txt")).toMatchObject({ cut: true, additions: 9000 });
  expect(taken.files.find((file) => file.path === "z.txt")).toMatchObject({ cut: true, additions: 1 });
  expect(taken.files.find((file) => file.path === "huge.bin.txt")).toMatchObject({ binary: true });
});

test("a line that looks like the head of another file's section is a line", async () => {
  const { path, diff } = await open();
  const sly =
    "x\rdiff --git a/b.txt b/b.txt\u2028diff --git a/b.txt b/b.txt\ndiff --git a/b.txt b/b.txt\n@@ -1 +1 @@\n";
  writeFiles(path, { "a.txt": sly, "b.txt": "b\n" });
  expect((await diff()).files.map(({ path, hunks }) => [path, hunks.split("\n")[0]])).toEqual([
    ["a.txt", "@@ -0,0 +1,3 @@"],
    ["b.txt", "@@ -0,0 +1 @@"],
  ]);
});

test("a folder full of files that nobody ignores is counted, not listed for ever", async () => {
  const { path, diff } = await open();
  writeFiles(path, Object.fromEntries(Array.from({ length: 1200 }, (_, n) => [`node_modules/${n}.js`, "x\n"])));
  const taken = await diff();
  expect(taken.files).toHaveLength(DIFF_FILES_MAX);
  expect(taken.files_total).toBe(1200);
});

test("a repository within the checkout is left alone", async () => {
  const { path, diff } = await open();
  mkdirSync(join(path, "nested"));
  userGit(join(path, "nested"), "init", "--quiet");
  commitFiles(join(path, "nested"), { "x.txt": "x\n" }, "Nested");
  expect((await diff()).files).toEqual([]);
});
