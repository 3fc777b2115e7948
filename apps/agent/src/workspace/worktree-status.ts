import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Worktree } from "@orchestratia/protocol/workspace";
import { type GitPlace, git, gitText } from "./git.ts";
import { KnownContainment } from "./known-containment.ts";
import type { WorktreeRecord } from "./worktree-record.ts";

const noSetup = { state: "none", exit_code: null, output: "" } as const;

/** Whether somebody removed its folder, or what the repository knows of it. */
export async function isMissing({ path, git_dir }: WorktreeRecord): Promise<boolean> {
  if (git_dir === null) return true;
  const found = await Promise.all([path, join(git_dir, "HEAD")].map((file) => stat(file).catch(() => undefined)));
  return found.includes(undefined);
}

/** How a worktree stands; `place` is undefined when it is missing. */
export async function worktreeStatus(
  record: WorktreeRecord,
  place: GitPlace | undefined,
  containment: KnownContainment,
): Promise<Worktree> {
  const known = {
    task_id: record.task_id,
    task_key: record.task_key,
    repo: record.repo,
    branch: record.branch,
    base_branch: record.base_branch,
    path: record.path,
    working_dir: join(record.path, record.prefix),
    created_at: record.created_at,
    setup: record.setup ?? noSetup,
  };
  if (!place) {
    const nothing = { head: null, changed_files: 0, ahead: 0, behind: 0, merged: false };
    return { ...known, base_commit: record.base_commit, missing: true, ...nothing };
  }
  const where = { cwd: record.path, place };
  const head = await gitText(["rev-parse", "--verify", "HEAD"], where);
  const [tip = record.base_commit] = await tipsOfBase(record, where);
  const counts = await gitText(["rev-list", "--left-right", "--count", `${head}...${tip}`], where);
  const [ahead = 0, behind = 0] = counts.split("\t").map(Number);
  const changed = (await changedPaths(where)).length;
  return {
    ...known,
    base_commit: await commonBase(record, where),
    head,
    missing: false,
    changed_files: changed,
    ahead,
    behind,
    merged: changed === 0 && (await isMerged(record, where, containment)),
  };
}

interface Where {
  cwd: string;
  place: GitPlace;
}

/** Where its base branch stands by now, here and as last fetched from `origin`; where it began when it is gone. */
async function tipsOfBase({ base_branch, base_commit }: WorktreeRecord, where: Where): Promise<string[]> {
  const refs = base_branch === null ? [] : [`refs/heads/${base_branch}`, `refs/remotes/origin/${base_branch}`];
  const tips = await Promise.all(refs.map((ref) => commitOf(ref, where)));
  const found = tips.filter((tip) => tip !== undefined);
  return found.length > 0 ? found : [base_commit];
}

/**
 * Whether its base branch has all that is committed: what its folder stands on, and its branch where that is another.
 * Looked for anew without `containment`.
 */
export async function isMerged(
  record: WorktreeRecord,
  where: Where,
  containment = new KnownContainment(),
): Promise<boolean> {
  const tips = await tipsOfBase(record, where);
  const commits = await Promise.all(["HEAD", `refs/heads/${record.branch}`].map((ref) => commitOf(ref, where)));
  for (const commit of new Set(commits.filter((found) => found !== undefined))) {
    let isInOne = false;
    for (const tip of tips) isInOne ||= await containment.isContained(record.common_dir, commit, tip, where);
    if (!isInOne) return false;
  }
  return true;
}

/** Undefined when there is no such branch. */
export async function commitOf(ref: string, where: Where): Promise<string | undefined> {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`];
  return (await gitText(args, { ...where, accepts: [1, 128] })) || undefined;
}

/**
 * The last commit that a worktree has in common with its base branch, so that what was merged into it is not counted as
 * its own; where it began when its commits are all in the base branch by now.
 */
export async function commonBase(record: WorktreeRecord, where: Where): Promise<string> {
  const head = await gitText(["rev-parse", "--verify", "HEAD"], where);
  const [tip = record.base_commit] = await tipsOfBase(record, where);
  const args = ["merge-base", tip, head];
  const common = await gitText(args, { ...where, accepts: [1] });
  return common === "" || common === head ? record.base_commit : common;
}

/** What is changed or new and not committed. Our index is brought up to date first: the agent has committed since. */
export async function changedPaths(where: Where): Promise<string[]> {
  await git(["read-tree", "--reset", "HEAD"], where);
  await git(["update-index", "-q", "--refresh"], { ...where, accepts: [1] });
  const args = ["--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=dirty"];
  const { stdout } = await git(["status", ...args], where);
  const entries = stdout.toString("utf8").split("\0");
  return entries.filter((entry) => entry !== "").map((entry) => entry.slice(3));
}
