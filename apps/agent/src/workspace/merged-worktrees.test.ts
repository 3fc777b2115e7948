import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commitFiles, testRepository, userGit, writeFiles } from "../testing/test-repository.ts";
import { Worktrees } from "./worktrees.ts";

const one = { task_id: "task-1", task_key: "APP-1", repo: "app" };
const text = Array.from({ length: 40 }, (_, line) => `line ${line}\n`);

function open({ home, repo } = testRepository({ "README.md": "hello\n", "long.txt": text.join("") })) {
  const sessions: string[] = [];
  const engine = () =>
    new Worktrees({
      folder: join(home, "worktrees"),
      repos: () => ({ app: repo }),
      allowsSetup: () => false,
      env: {},
      occupied: () => sessions,
      signal: new AbortController().signal,
    });
  const worktrees = engine();
  const clean = () => worktrees.discard(one.task_id, { force: false, onlyMerged: true });
  const branches = () => userGit(repo, "branch", "--list", "orc/*").trim();
  const changed = (line: number, to = "changed\n") => text.with(line, to).join("");
  return { home, repo, sessions, engine, worktrees, clean, branches, changed };
}

test("a branch that was squashed into the base goes with its checkout, though main went on", async () => {
  const { worktrees, repo, clean, branches, changed } = open();
  const { path } = await worktrees.prepare(one);
  commitFiles(path, { "long.txt": changed(20), "new.txt": "one\n" }, "First");
  commitFiles(path, { "new.txt": "one\ntwo\n" }, "Second");
  expect(await worktrees.list()).toMatchObject([{ merged: false, ahead: 2 }]);
  await expect(clean()).rejects.toThrow("commits that are not merged");
  // Another commit first moves the lines that the branch has changed.
  commitFiles(repo, { "long.txt": `above\n${text.join("")}` }, "Meanwhile");
  userGit(repo, "merge", "--quiet", "--squash", "orc/APP-1");
  userGit(repo, "commit", "--quiet", "--message", "Squashed");
  commitFiles(repo, { "new.txt": "something else by now\n" }, "Later");
  expect(await worktrees.list()).toMatchObject([{ merged: true, ahead: 2, changed_files: 0 }]);
  expect(await clean()).toBe(true);
  expect(existsSync(path)).toBe(false);
  expect(branches()).toBe("");
  userGit(repo, "fsck", "--strict");
});

test("a branch that was rebased onto the base is merged when each of its commits is", async () => {
  const { worktrees, repo, changed } = open();
  const { path } = await worktrees.prepare(one);
  const first = commitFiles(path, { "long.txt": changed(20) }, "First");
  const second = commitFiles(path, { "new.txt": "n\n" }, "Second");
  commitFiles(repo, { "README.md": "hello again\n" }, "Meanwhile");
  userGit(repo, "cherry-pick", first);
  expect(await worktrees.list()).toMatchObject([{ merged: false }]);
  userGit(repo, "cherry-pick", second);
  expect(await worktrees.list()).toMatchObject([{ merged: true }]);
});

test("what was merged on the other side and fetched counts too", async () => {
  const { worktrees, repo } = open();
  const { path } = await worktrees.prepare(one);
  const head = commitFiles(path, { "new.txt": "n\n" }, "Work");
  userGit(repo, "update-ref", "refs/remotes/origin/main", head);
  expect(await worktrees.list()).toMatchObject([{ merged: true, ahead: 1 }]);
});

test.each([
  { what: "only its white space is another", theirs: "  changed\n" },
  { what: "only part of it was taken", theirs: "changed\n", more: { "more.txt": "m\n" } },
  { what: "something else stands there", theirs: "changed otherwise\n" },
])("what is not in the base for certain is kept: $what", async ({ theirs, more = {} }) => {
  const { worktrees, repo, clean, branches, changed } = open();
  const { path } = await worktrees.prepare(one);
  commitFiles(path, { "long.txt": changed(20), ...more }, "Work");
  commitFiles(repo, { "long.txt": changed(20, theirs) }, "Theirs");
  expect(await worktrees.list()).toMatchObject([{ merged: false }]);
  await expect(clean()).rejects.toThrow("commits that are not merged");
  expect(existsSync(join(path, "long.txt"))).toBe(true);
  expect(branches()).toContain("orc/APP-1");
});

test("commits that change nothing together are no proof", async () => {
  const { worktrees, repo, clean, changed } = open();
  const { path } = await worktrees.prepare(one);
  const first = commitFiles(path, { "long.txt": changed(20) }, "Work");
  userGit(path, "revert", "--no-edit", first);
  userGit(repo, "commit", "--quiet", "--allow-empty", "--message", "Nothing");
  await expect(clean()).rejects.toThrow("commits that are not merged");
});

test("a binary file is the same only byte by byte", async () => {
  const { worktrees, repo } = open();
  const { path } = await worktrees.prepare(one);
  commitFiles(path, { "a.bin": "\0one" }, "Work");
  commitFiles(repo, { "a.bin": "\0two" }, "Theirs");
  expect(await worktrees.list()).toMatchObject([{ merged: false }]);
  commitFiles(repo, { "a.bin": "\0one" }, "Closer");
  expect(await worktrees.list()).toMatchObject([{ merged: false }]);
  userGit(repo, "reset", "--quiet", "--hard", "HEAD~2");
  commitFiles(repo, { "a.bin": "\0one" }, "Same");
  expect(await worktrees.list()).toMatchObject([{ merged: true }]);
});

test.each(["README.md", "new.txt"])("a merged checkout with an uncommitted %s stays", async (file) => {
  const { worktrees, repo, clean } = open();
  const { path } = await worktrees.prepare(one);
  commitFiles(path, { "a.txt": "a\n" }, "Work");
  userGit(repo, "merge", "--quiet", "orc/APP-1");
  writeFiles(path, { [file]: "not committed\n" });
  expect(await worktrees.list()).toMatchObject([{ merged: false, changed_files: 1 }]);
  await expect(clean()).rejects.toThrow("uncommitted changes in 1 file");
  expect(existsSync(join(path, file))).toBe(true);
});

test("a merged checkout in which a session works stays", async () => {
  const { worktrees, sessions, clean } = open();
  const { path } = await worktrees.prepare(one);
  sessions.push(path);
  await expect(clean()).rejects.toThrow("A session still works in");
  sessions.length = 0;
  expect(await clean()).toBe(true);
});

test.runIf(process.platform === "linux")("a merged checkout in which a program runs stays", async () => {
  const { worktrees, clean } = open();
  const { path } = await worktrees.prepare(one);
  const left = spawn("sleep", ["300"], { cwd: path });
  await once(left, "spawn");
  await expect(clean()).rejects.toThrow("A program still runs in");
  left.kill("SIGKILL");
  await once(left, "exit");
  expect(await clean()).toBe(true);
});

test("a checkout that stands on something merged, while its branch does not, stays with its branch", async () => {
  const { worktrees, clean, branches } = open();
  const { path } = await worktrees.prepare(one);
  commitFiles(path, { "a.txt": "a\n" }, "Work");
  userGit(path, "checkout", "--quiet", "--detach", "HEAD^");
  expect(await worktrees.list()).toMatchObject([{ merged: false, ahead: 0 }]);
  await expect(clean()).rejects.toThrow("commits that are not merged");
  expect(branches()).toContain("orc/APP-1");
});

test("two that clean at once, while a third asks for it again, leave it whole or gone", async () => {
  const { worktrees, engine, repo, branches } = open();
  const { path } = await worktrees.prepare(one);
  const clean = () => engine().discard(one.task_id, { force: false, onlyMerged: true });
  const [first, second, again] = await Promise.all([clean(), clean(), engine().prepare(one)]);
  expect([first, second].filter((did) => did).length).toBeGreaterThan(0);
  const isThere = existsSync(path);
  expect(userGit(repo, "worktree", "list").split("\n")).toHaveLength(isThere ? 2 : 1);
  expect(branches() !== "").toBe(isThere);
  expect(again.missing).toBe(false);
  if (isThere) expect(userGit(path, "status", "--porcelain")).toBe("");
});
