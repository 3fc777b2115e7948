import { randomUUID } from "node:crypto";
import { chownSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { partialName } from "../remote/taken-file.ts";
import { commitFiles, testRepository, userGit, writeFiles } from "../testing/test-repository.ts";
import { Worktrees, type WorktreesOptions } from "./worktrees.ts";

const env = { PATH: process.env.PATH ?? "/usr/bin:/bin" };

function open(of = testRepository(), options: Partial<WorktreesOptions> = {}) {
  const worktrees = new Worktrees({
    folder: join(of.home, "worktrees"),
    repos: () => ({ app: of.repo }),
    allowsSetup: () => true,
    env,
    occupied: () => [],
    signal: new AbortController().signal,
    ...options,
  });
  return { ...of, worktrees };
}

const one = { task_id: "11111111-0000-4000-8000-000000000001", task_key: "APP-1", repo: "app" };
const two = { task_id: "11111111-0000-4000-8000-000000000002", task_key: "APP-2", repo: "app" };

test("a task gets its own checkout on its own branch, which the agent's git understands", async () => {
  const { worktrees, repo } = open();
  const made = await worktrees.prepare(one);
  expect(made).toMatchObject({ branch: "orc/APP-1", base_branch: "main", ahead: 0, behind: 0, changed_files: 0 });
  expect(made.working_dir).toBe(made.path);
  expect(readFileSync(join(made.path, "README.md"), "utf8")).toBe("hello\n");
  expect(userGit(made.path, "status", "--porcelain", "--branch")).toBe("## orc/APP-1");
  expect(userGit(repo, "worktree", "list")).toContain(made.path);
  expect(userGit(repo, "status", "--porcelain", "--branch")).toBe("## main");
});

test("the same task gets the same checkout with its work in it, another task never", async () => {
  const { worktrees } = open();
  const first = await worktrees.prepare(one);
  commitFiles(first.path, { "a.txt": "a\n" }, "Work");
  writeFiles(first.path, { "b.txt": "b\n", "c.txt": "c\n" });
  const again = await worktrees.prepare(one);
  const other = await worktrees.prepare(two);
  expect(again).toMatchObject({ path: first.path, ahead: 1, changed_files: 2, created_at: first.created_at });
  expect(other.path).not.toBe(first.path);
  expect(other.branch).toBe("orc/APP-2");
});

test("two that ask for one task at once get one checkout", async () => {
  const { worktrees, repo, home } = open();
  const second = open({ home, repo }).worktrees;
  const both = await Promise.all([worktrees.prepare(one), second.prepare(one), worktrees.prepare(two)]);
  expect(both[0]).toEqual(both[1]);
  expect(userGit(repo, "worktree", "list").split("\n")).toHaveLength(3);
});

test("who asks while a slow setup runs waits for it", async () => {
  const gate = "while [ ! -e go ]; do sleep 0.02; done; echo ran >> times\n";
  const { worktrees, home } = open(testRepository({ ".orchestratia/setup": gate }));
  const path = join(home, "worktrees", "APP-1");
  const first = worktrees.prepare(one);
  await expect.poll(() => existsSync(join(path, "README.md")) || existsSync(join(path, ".orchestratia"))).toBe(true);
  const second = worktrees.prepare(one);
  writeFiles(path, { go: "" });
  expect(await second).toEqual(await first);
  expect(readFileSync(join(path, "times"), "utf8")).toBe("ran\n");
});

test("those who ask for all at once get one answer, and who names some is told of those", async () => {
  const { worktrees } = open();
  await worktrees.prepare(one);
  const first = worktrees.list();
  expect(await worktrees.list()).toBe(await first);
  await worktrees.prepare(two);
  expect(await worktrees.list()).toMatchObject([{ task_key: "APP-1" }, { task_key: "APP-2" }]);
  expect(await worktrees.list([two.task_id, "another"])).toMatchObject([{ task_key: "APP-2" }]);
});

test("one that git cannot read does not hide the others", async () => {
  const { worktrees, repo } = open();
  await worktrees.prepare(one);
  await worktrees.prepare(two);
  rmSync(join(repo, ".git", "refs", "heads", "orc", "APP-1"));
  expect(await worktrees.list()).toMatchObject([
    { task_key: "APP-1", missing: true },
    { task_key: "APP-2", missing: false },
  ]);
});

test.runIf(process.getuid?.() === 0)("a repository of another user is refused in words", async () => {
  const { home, repo } = testRepository();
  chownSync(repo, 4321, 4321);
  chownSync(join(repo, ".git"), 4321, 4321);
  const { worktrees } = open({ home, repo });
  await expect(worktrees.prepare(one)).rejects.toThrow("belongs to another user");
});

test("a key that is taken by another task is refused", async () => {
  const { worktrees } = open();
  await worktrees.prepare(one);
  await expect(worktrees.prepare({ ...two, task_key: "APP-1" })).rejects.toThrow("is the checkout of another task");
  await expect(worktrees.prepare({ ...two, task_key: "../x-1" })).rejects.toThrow("not a task's key");
});

test("it begins from the branch that is asked for, or the one fetched from origin", async () => {
  const { worktrees, repo, home } = open();
  const release = commitFiles(repo, { "r.txt": "r\n" }, "Release");
  userGit(repo, "branch", "release");
  userGit(repo, "reset", "--quiet", "--hard", "HEAD^");
  userGit(repo, "update-ref", "refs/remotes/origin/next", release);
  expect(await worktrees.prepare({ ...one, branch: "release" })).toMatchObject({
    head: release,
    base_branch: "release",
  });
  expect(await worktrees.prepare({ ...two, branch: "next" })).toMatchObject({ head: release, base_branch: "next" });
  const third = { ...one, task_id: "3", task_key: "APP-3", branch: "--upload-pack=touch x" };
  await expect(worktrees.prepare(third)).rejects.toThrow("has no branch --upload-pack");
  expect(existsSync(join(home, "worktrees", "APP-3"))).toBe(false);
});

test("a branch that is there already is continued", async () => {
  const { worktrees, repo } = open();
  userGit(repo, "checkout", "--quiet", "-b", "orc/APP-1");
  const head = commitFiles(repo, { "a.txt": "a\n" }, "Before");
  await expect(worktrees.prepare(one)).rejects.toThrow(/already checked out|already used/);
  userGit(repo, "checkout", "--quiet", "main");
  expect(await worktrees.prepare(one)).toMatchObject({ head, ahead: 1 });
});

test("part of a repository: the agent works in that part", async () => {
  const { home, repo } = testRepository({ "packages/app/x.txt": "x\n" });
  const { worktrees } = open({ home, repo: join(repo, "packages/app") });
  const made = await worktrees.prepare(one);
  expect(made.working_dir).toBe(join(made.path, "packages/app/"));
  expect(await worktrees.workingDir(one.task_id)).toBe(made.working_dir);
});

test("what cannot be made is said in words", async () => {
  const { worktrees, home } = open(undefined, { repos: () => ({ app: "/nowhere", plain: "/tmp" }) });
  await expect(worktrees.prepare({ ...one, repo: "web" })).rejects.toThrow("names no repository web");
  await expect(worktrees.prepare(one)).rejects.toThrow("/nowhere");
  await expect(worktrees.prepare({ ...one, repo: "plain" })).rejects.toThrow("not a git repository");
  expect(existsSync(join(home, "worktrees", "APP-1"))).toBe(false);
});

test("a checkout whose folder was removed is missing, and is made again with its commits", async () => {
  const { worktrees } = open();
  const made = await worktrees.prepare(one);
  const head = commitFiles(made.path, { "a.txt": "a\n" }, "Work");
  rmSync(made.path, { recursive: true });
  expect(await worktrees.list()).toMatchObject([{ missing: true, head: null }]);
  expect(await worktrees.workingDir(one.task_id)).toBeUndefined();
  expect(await worktrees.prepare(one)).toMatchObject({ missing: false, head, ahead: 1, base_commit: made.head });
});

test("uncommitted work is discarded by force only; commits that are not merged keep their branch", async () => {
  const { worktrees, repo } = open();
  const { path } = await worktrees.prepare(one);
  commitFiles(path, { "a.txt": "a\n" }, "Work");
  writeFiles(path, { "new.txt": "n\n" });
  await expect(worktrees.discard(one.task_id, { force: false })).rejects.toThrow("uncommitted changes in 1 file");
  expect(existsSync(join(path, "new.txt"))).toBe(true);
  expect(await worktrees.discard(one.task_id, { force: true })).toBe(true);
  expect(existsSync(path)).toBe(false);
  expect(userGit(repo, "worktree", "list").split("\n")).toHaveLength(1);
  expect(userGit(repo, "branch", "--list", "orc/*")).toContain("orc/APP-1");
  expect(await worktrees.list()).toEqual([]);
  expect(await worktrees.discard(one.task_id, { force: true })).toBe(false);
});

test("a checkout in which a session still works is discarded by force only", async () => {
  const folders: string[] = [];
  const { worktrees } = open(undefined, { occupied: () => folders });
  const { path } = await worktrees.prepare(one);
  folders.push(join(path, "packages"));
  await expect(worktrees.discard(one.task_id, { force: false })).rejects.toThrow("A session still works in");
  folders[0] = `${path}-other`;
  expect(await worktrees.discard(one.task_id, { force: false })).toBe(true);
  await worktrees.prepare(two);
  folders[0] = path.replace("APP-1", "APP-2");
  expect(await worktrees.discard(two.task_id, { force: true })).toBe(true);
});

test("a file on its way into a checkout is no work of the task's until it is there", async () => {
  const { worktrees } = open();
  const { path } = await worktrees.prepare(one);
  writeFiles(path, { [partialName(randomUUID())]: "half", ".half.part": "mine" });
  expect(await worktrees.list()).toMatchObject([{ changed_files: 1 }]);
});

test("what is merged is said to be, and its branch goes with it", async () => {
  const { worktrees, repo } = open();
  const { path } = await worktrees.prepare(one);
  commitFiles(path, { "a.txt": "a\n" }, "Work");
  expect(await worktrees.list()).toMatchObject([{ merged: false, ahead: 1 }]);
  userGit(repo, "merge", "--quiet", "--no-ff", "--message", "Merge", "orc/APP-1");
  expect(await worktrees.list()).toMatchObject([{ merged: true, ahead: 0, behind: 1 }]);
  await worktrees.discard(one.task_id, { force: false });
  expect(userGit(repo, "branch", "--list", "orc/*")).toBe("");
  userGit(repo, "fsck", "--strict");
});

test("the base commit's setup runs in the new checkout, once", async () => {
  const setup = "#!/bin/sh\npwd\necho run >> setup.log\nexit 0\n";
  const { worktrees } = open(testRepository({ ".orchestratia/setup": setup, ".gitignore": "setup.log\n" }));
  const made = await worktrees.prepare(one);
  expect(made.setup).toEqual({ state: "done", exit_code: 0, output: `${made.path}\n` });
  await worktrees.prepare(one);
  expect(readFileSync(join(made.path, "setup.log"), "utf8")).toBe("run\n");
});

test("a setup that fails leaves a checkout that says so; one that is not allowed never runs", async () => {
  const files = { ".orchestratia/setup": "echo trouble >&2; echo > ran; exit 4\n" };
  const failing = open(testRepository(files));
  expect((await failing.worktrees.prepare(one)).setup).toMatchObject({
    state: "failed",
    exit_code: 4,
    output: "trouble\n",
  });
  const refused = open(testRepository(files), { allowsSetup: () => false });
  const made = await refused.worktrees.prepare(one);
  expect(made.setup).toMatchObject({ state: "not_allowed", exit_code: null });
  expect(existsSync(join(made.path, "ran"))).toBe(false);
});

test("a task's branch does not choose its own setup", async () => {
  const { worktrees, repo } = open(testRepository({ ".orchestratia/setup": "echo base\n" }));
  userGit(repo, "checkout", "--quiet", "-b", "orc/APP-1");
  commitFiles(repo, { ".orchestratia/setup": "echo branch\n" }, "Change");
  userGit(repo, "checkout", "--quiet", "main");
  expect((await worktrees.prepare(one)).setup.output).toBe("base\n");
});
