import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gitDiffStats } from "./git-diff-stats.ts";

const folder = () => mkdtempSync(join(tmpdir(), "orchestratia-git-"));

function repository() {
  const cwd = folder();
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
      cwd,
      encoding: "utf8",
    }).trim();
  git("init", "--quiet");
  return {
    cwd,
    git,
    commit(files: Record<string, string | Buffer>) {
      for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
      git("add", "--all");
      git("commit", "--quiet", "--message", "change");
    },
  };
}

test("the last commit is counted by file, binary ones by name", async () => {
  const { cwd, git, commit } = repository();
  commit({ "a.txt": "one\ntwo\n" });
  commit({ "a.txt": "one\nthree\nfour\n", "späte datei.txt": "x\n", "b.bin": Buffer.from([0, 1, 2, 0]) });
  expect(await gitDiffStats(cwd)).toEqual({
    files_changed: 3,
    insertions: 3,
    deletions: 1,
    files: [
      { path: "a.txt", insertions: 2, deletions: 1 },
      { path: "späte datei.txt", insertions: 1, deletions: 0 },
    ],
    binary_files: ["b.bin"],
    head_commit: git("rev-parse", "--short", "HEAD"),
    base_commit: git("rev-parse", "--short", "HEAD~1"),
  });
});

test("where nothing can be counted, nothing is said", async () => {
  const { cwd, git, commit } = repository();
  expect(await gitDiffStats(folder())).toBeUndefined();
  expect(await gitDiffStats(cwd)).toBeUndefined();
  commit({ "a.txt": "one\n" });
  expect(await gitDiffStats(cwd)).toBeUndefined();
  git("commit", "--quiet", "--allow-empty", "--message", "nothing");
  expect(await gitDiffStats(cwd)).toBeUndefined();
});
