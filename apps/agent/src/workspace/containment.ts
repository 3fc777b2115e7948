import { randomUUID } from "node:crypto";
import { type GitPlace, git, gitText } from "./git.ts";

const patchMaxBytes = 16 * 1024 * 1024;
/** Of a branch that may have been rebased: whoever has made more of them looks for themselves. */
const mostCommits = 100;
const plain = ["--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--full-index", "--submodule=short"];

interface Where {
  cwd: string;
  place: GitPlace;
}

/**
 * Whether everything that `head` has is in `tip` for certain: its commits themselves, or, where they were squashed or
 * rebased, commits that change exactly the same. `git cherry` ignores white space, which may be all that was changed.
 */
export async function isContained(head: string, tip: string, where: Where): Promise<boolean> {
  const { exitCode } = await git(["merge-base", "--is-ancestor", head, tip], { ...where, accepts: [1] });
  if (exitCode === 0) return true;
  const base = await gitText(["merge-base", tip, head], { ...where, accepts: [1] });
  if (base === "") return false;
  const theirs = `${head}..${tip}`;
  if (await hasChange(theirs, base, head, where)) return true;
  const args = ["rev-list", "--parents", `--max-count=${mostCommits + 1}`, head, `^${tip}`];
  const commits = (await gitText(args, where)).split("\n").map((line) => line.split(" "));
  // A merge may hold changes that neither of its parents has.
  if (commits.length > mostCommits || commits.some(({ length }) => length !== 2)) return false;
  for (const [commit = "", parent = ""] of commits) {
    if (!(await hasChange(theirs, parent, commit, where))) return false;
  }
  return true;
}

/** Whether one commit of the range changes exactly what leads from one tree to the other. No change is in no range. */
async function hasChange(range: string, from: string, to: string, where: Where): Promise<boolean> {
  const { stdout: paths } = await git(["diff", ...plain, "--name-only", "-z", from, to], where);
  const [path = ""] = paths.toString("utf8").split("\0");
  if (path === "") return false;
  const bounded = { ...where, maxBytes: patchMaxBytes };
  const change = await git(["diff", ...plain, "--patch", from, to], bounded);
  // Each commit that changes all of it changes the first of its files; what it changes beside them is shown too.
  const mark = `commit ${randomUUID()}`;
  const log = [
    "log",
    ...plain,
    "--patch",
    "--no-merges",
    "--full-diff",
    "--no-show-signature",
    `--format=tformat:${mark}`,
  ];
  const candidates = await git([...log, range, "--", path], bounded);
  if (change.isCut || candidates.isCut) return false;
  const wanted = comparable(change.stdout.toString("latin1"));
  return candidates.stdout
    .toString("latin1")
    .split(`${mark}\n`)
    .some((patch) => comparable(patch) === wanted);
}

/** A patch without what depends on where it was applied: line numbers, and the ids of texts that it is part of. */
function comparable(patch: string): string {
  const lines = patch.replace(/^\n+|\n+$/g, "").split("\n");
  return lines
    .filter((line, at) => !line.startsWith("index ") || lines[at + 1]?.startsWith("Binary files "))
    .map((line) => line.replace(/^@@ -\S+ \+\S+ @@/, "@@"))
    .join("\n");
}
