import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commitFiles, testRepository, userGit, writeFiles } from "../testing/test-repository.ts";
import { takeDiff } from "./diff.ts";
import { commonBase } from "./worktree-status.ts";
import { Worktrees } from "./worktrees.ts";

/** Whatever we have git do. */
const ourVerbs = [
  ...["add", "cat-file", "config", "diff", "log", "ls-files", "ls-tree", "merge-base", "read-tree", "rev-list"],
  ...["rev-parse", "status", "symbolic-ref", "update-index", "update-ref", "worktree"],
];

const hooks = [
  "post-checkout",
  "post-index-change",
  "reference-transaction",
  "pre-commit",
  "post-merge",
  "post-rewrite",
  "pre-auto-gc",
  "fsmonitor-watchman",
];

/** A repository in which every way that we know of to have git run a program leaves a mark in `ran`. */
function hostileRepository() {
  const { home, repo } = testRepository({
    ".gitattributes":
      "* filter=evil diff=evil merge=evil ident\n*.bin filter=lfs diff=lfs merge=lfs -text\nb.txt !diff\n*.proc filter=process\n",
    "large.bin": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "a.txt": "a\n",
    "b.txt": "b\n",
  });
  const ran = join(home, "ran");
  mkdirSync(ran);
  /** A program that notes that it ran; what it is asked for it does as well as `cat` can. */
  const mark = (name: string, then = "cat 2>/dev/null"): string => {
    const path = join(home, `evil-${name}`);
    writeFileSync(path, `#!/bin/sh\necho "$@" >> ${join(ran, name)}\n${then}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const config = (name: string, value: string) => userGit(repo, "config", name, value);
  const plantConfig = () => {
    config("core.fsmonitor", mark("fsmonitor", "printf '/\\0'"));
    config("core.pager", mark("pager"));
    config("core.editor", mark("editor"));
    config("core.sshCommand", mark("ssh", "exit 1"));
    config("core.gitProxy", mark("proxy", "exit 1"));
    config("core.askPass", mark("askpass", "exit 1"));
    config("core.alternateRefsCommand", mark("alternate-refs", "exit 1"));
    config("credential.helper", mark("credential", "exit 1"));
    config("filter.evil.clean", mark("clean"));
    config("filter.evil.smudge", mark("smudge"));
    config("filter.evil.required", "true");
    config("diff.external", mark("external-diff"));
    config("filter.process.process", mark("filter-process", "exit 1"));
    config("filter.lfs.clean", mark("lfs-clean"));
    config("filter.lfs.smudge", mark("lfs-smudge"));
    config("diff.evil.command", mark("diff-command"));
    config("diff.evil.textconv", `${mark("textconv", "cat $1")}`);
    config("merge.evil.driver", mark("merge-driver", "exit 1"));
    config("gpg.program", mark("gpg", "exit 1"));
    config("log.showSignature", "true");
    for (const verb of ourVerbs) config(`alias.${verb}`, `!${mark(`alias-${verb}`)}`);
    config("core.attributesFile", join(home, "attributes"));
    config("core.fsmonitorHookVersion", "2");
    config("submodule.recurse", "true");
    config("submodule.inner.update", `!${mark("submodule-update", "exit 1")}`);
    config("trailer.evil.command", mark("trailer"));
    config("pager.diff", mark("pager-diff"));
    config("sequence.editor", mark("sequence-editor"));
    config("safe.directory", "*");
    writeFileSync(join(home, "attributes"), "* filter=lfs\n");
    writeFileSync(join(home, "included"), `[core]\n\tfsmonitor = ${mark("included-fsmonitor", "printf '/\\0'")}\n`);
    config("include.path", join(home, "included"));
    config("includeIf.gitdir:/.path", join(home, "included"));
    config("uploadpack.packObjectsHook", mark("pack-objects", "exit 1"));
    config("protocol.ext.allow", "always");
    config("remote.origin.url", `ext::${mark("lazy-fetch", "exit 1")} %S`);
    config("remote.origin.promisor", "true");
    config("extensions.partialClone", "origin");
    config("gc.auto", "1");
    const hookFolder = join(home, "hooks");
    mkdirSync(hookFolder, { recursive: true });
    for (const folder of [hookFolder, join(repo, ".git", "hooks")]) {
      for (const hook of hooks) {
        writeFileSync(join(folder, hook), `#!/bin/sh\necho >> ${join(ran, hook)}\n`);
        chmodSync(join(folder, hook), 0o755);
      }
    }
    config("core.hooksPath", hookFolder);
  };
  return { home, repo, ran: () => readdirSync(ran).sort(), forget: () => emptyFolder(ran), mark, plantConfig };
}

function emptyFolder(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
}

function worktreesOf({ home, repo }: { home: string; repo: string }) {
  const worktrees = new Worktrees({
    folder: join(home, "worktrees"),
    repos: () => ({ app: repo }),
    allowsSetup: () => false,
    env: {},
    occupied: () => [],
    signal: new AbortController().signal,
  });
  const diff = (taskId: string) =>
    worktrees.with(taskId, async ({ record, place }) => {
      const where = { cwd: record.path, place };
      return takeDiff(where, await commonBase(record, where));
    });
  return { worktrees, diff };
}

const one = { task_id: "task-1", task_key: "APP-1", repo: "app" };
const three = { task_id: "task-3", task_key: "APP-3", repo: "app" };
const two = { task_id: "task-2", task_key: "APP-2", repo: "app" };

/** Signed by nobody: enough for git to ask the program that checks signatures. */
function signedCommit(path: string): void {
  const tree = userGit(path, "write-tree");
  const who = "Ada <ada@example.org> 1700000000 +0000";
  const signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----";
  const text = `tree ${tree}\nparent ${userGit(path, "rev-parse", "HEAD")}\nauthor ${who}\ncommitter ${who}\n${signature}\n\nSigned\n`;
  const file = join(path, "..", "commit-object");
  writeFileSync(file, text);
  userGit(path, "update-ref", "HEAD", userGit(path, "hash-object", "-t", "commit", "-w", file));
}

test("no program of a hostile repository runs, whatever we do with it; an ordinary git runs them", async () => {
  const { home, repo, ran, forget, plantConfig } = hostileRepository();
  const { worktrees, diff } = worktreesOf({ home, repo });
  const early = await worktrees.prepare(one);
  commitFiles(early.path, { "work.txt": "w\n" }, "Work");
  signedCommit(early.path);
  // The same work in the base, so that we compare it and remove the branch with the checkout.
  commitFiles((await worktrees.prepare(three)).path, { "d.txt": "d\n" }, "Work");
  for (const name of ["c.txt", "d.txt", "e.txt"]) commitFiles(repo, { [name]: `${name[0]}\n` }, name);
  plantConfig();
  forget();

  const late = await worktrees.prepare(two);
  writeFiles(late.path, { "a.txt": "changed\n", "new.txt": "n\n", "x.proc": "x\n" });
  writeFiles(early.path, { "a.txt": "changed\n", "b.txt": "as well\n" });
  expect((await diff(one.task_id))?.files.map(({ path }) => path)).toEqual(["a.txt", "b.txt", "work.txt"]);
  expect((await diff(two.task_id))?.files.map(({ path }) => path)).toEqual(["a.txt", "new.txt", "x.proc"]);
  expect(await worktrees.list()).toMatchObject([
    { task_key: "APP-1", changed_files: 2, ahead: 2 },
    { task_key: "APP-2", changed_files: 3, ahead: 0 },
    { task_key: "APP-3", changed_files: 0, ahead: 1, merged: true },
  ]);
  expect(readFileSync(join(late.path, "large.bin"), "utf8")).toContain("git-lfs");
  await worktrees.discard(two.task_id, { force: true });
  expect(existsSync(late.path)).toBe(false);
  expect(await worktrees.discard(three.task_id, { force: false, onlyMerged: true })).toBe(true);
  expect(ran()).toEqual([]);

  const ordinary = [
    ...[["status"], ["diff"], ["diff", "--no-ext-diff"], ["log"], ["stash"], ["checkout", "--quiet", "-b", "other"]],
    ...["1".repeat(40), "2".repeat(40)].map((missing) => ["cat-file", "-p", missing]),
    ["add", "x.proc"],
  ];
  writeFiles(early.path, { "x.proc": "x\n" });
  for (const args of ordinary) {
    try {
      userGit(early.path, ...args);
    } catch {
      // What it ran may have failed; that it ran is what counts.
    }
  }
  expect(ran()).toEqual(
    expect.arrayContaining([
      "clean",
      "diff-command",
      "external-diff",
      "filter-process",
      "gpg",
      "included-fsmonitor",
      "lazy-fetch",
      "post-checkout",
      "post-index-change",
      "reference-transaction",
      "smudge",
      "textconv",
    ]),
  );
});

test("every question that we ask of git is among those whose alias is hostile here", () => {
  const sources = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  const asked = sources.flatMap((name) => {
    const text = readFileSync(join(import.meta.dirname, name), "utf8");
    return [...text.matchAll(/(?:\bgit(?:Text)?\(|args = |log = )\[\s*"([a-z][a-z-]*)"/g)].map(([, verb]) => verb);
  });
  expect([...new Set(asked)].sort()).toEqual(ourVerbs);
});

test("an agent that plants programs in its own worktree has none of them run", async () => {
  const { home, repo, ran, forget, mark } = hostileRepository();
  const { worktrees, diff } = worktreesOf({ home, repo });
  const { path } = await worktrees.prepare(one);
  const gitDir = userGit(path, "rev-parse", "--absolute-git-dir");
  writeFiles(path, { "a.txt": "changed\n" });
  userGit(repo, "config", "extensions.worktreeConfig", "true");
  writeFileSync(
    join(gitDir, "config.worktree"),
    `[core]\n\tfsmonitor = ${mark("worktree-fsmonitor")}\n[filter "evil"]\n\tclean = ${mark("worktree-clean")}\n`,
  );
  writeFileSync(join(home, "included"), `[diff]\n\texternal = ${mark("included")}\n`);
  userGit(repo, "config", "include.path", join(home, "included"));
  writeFileSync(join(repo, ".git", "info", "attributes"), "* filter=evil\n");
  userGit(path, "status");
  expect(ran()).toEqual(["worktree-clean", "worktree-fsmonitor"]);
  forget();
  expect(await diff(one.task_id)).toMatchObject({ dirty: true, files: [{ path: "a.txt" }] });

  // A repository of its own where the checkout's pointer was.
  rmSync(join(path, ".git"));
  userGit(path, "init", "--quiet");
  userGit(path, "config", "core.fsmonitor", mark("own-fsmonitor"));
  expect(await diff(one.task_id)).toMatchObject({ dirty: true, files: [{ path: "a.txt" }] });
  expect(await worktrees.list()).toMatchObject([{ changed_files: 1 }]);
  expect(ran()).toEqual([]);
});

test("a submodule's own configuration runs nothing", async () => {
  const { home, repo, ran, forget, mark } = hostileRepository();
  const { worktrees, diff } = worktreesOf({ home, repo });
  const { path } = await worktrees.prepare(one);
  const inner = testRepository();
  userGit(path, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.repo, "inner");
  userGit(path, "commit", "--quiet", "--message", "Add inner");
  userGit(join(path, "inner"), "config", "core.fsmonitor", mark("inner-fsmonitor"));
  userGit(join(path, "inner"), "config", "filter.evil.clean", mark("inner-clean"));
  writeFiles(join(path, "inner"), { "README.md": "dirty\n", ".gitattributes": "* filter=evil\n" });
  userGit(path, "config", "diff.submodule", "diff");
  userGit(path, "status");
  expect(ran()).toContain("inner-fsmonitor");
  forget();
  expect((await diff(one.task_id))?.files.map((file) => file.path)).toEqual([".gitmodules", "inner"]);
  expect(ran()).toEqual([]);
});

test("files outside are not read by a configuration that says the checkout is there", async () => {
  const { home, repo } = testRepository();
  const { worktrees, diff } = worktreesOf({ home, repo });
  const { path } = await worktrees.prepare(one);
  writeFiles(join(home, "private"), { "README.md": "secret\n" });
  userGit(repo, "config", "core.worktree", join(home, "private"));
  expect(await diff(one.task_id)).toMatchObject({ files: [] });
  writeFiles(path, { "README.md": "mine\n" });
  expect((await diff(one.task_id))?.files[0]?.hunks).toContain("+mine");
});
