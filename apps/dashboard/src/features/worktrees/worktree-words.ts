import { isSettled, type TaskStatus } from "@orchestratia/domain/task-lifecycle";
import type { Worktree } from "@orchestratia/protocol/workspace";
import { counted } from "../../ui/counted.ts";
import type { StateTone } from "../../ui/state-dot.tsx";

type Standing = Pick<Worktree, "missing" | "changed_files" | "ahead" | "base_branch" | "merged">;

/** How a checkout stands, in one mark and a few words: what would be lost comes first. */
export function worktreeState(worktree: Standing): { tone: StateTone; word: string } {
  const { missing, changed_files, ahead, merged } = worktree;
  if (missing) return { tone: "off", word: "Folder is gone" };
  if (merged) return { tone: "good", word: "Clean, merged" };
  const unmerged = ahead > 0 ? `${counted(ahead, "commit")} not merged` : "";
  if (changed_files === 0) return { tone: "busy", word: unmerged || "Not merged" };
  const uncommitted = `${counted(changed_files, "file")} uncommitted`;
  return { tone: "attention", word: unmerged ? `${uncommitted}, ${unmerged}` : uncommitted };
}

/** What goes with a checkout and what stays, each in a sentence. */
export function discardWords(worktree: Standing & Pick<Worktree, "branch" | "path">): {
  /** Work that is nowhere else; undefined where there is none. */
  lost: string | undefined;
  goes: string[];
  stays: string[];
} {
  const { missing, changed_files, ahead, merged, branch, path } = worktree;
  if (missing) {
    const goes = [`What is noted of the checkout; its folder ${path} is gone already.`];
    return { lost: undefined, goes, stays: [`The branch ${branch}.`] };
  }
  const are = changed_files === 1 ? "is" : "are";
  const lost =
    changed_files > 0
      ? `The changes in ${counted(changed_files, "file")} that ${are} in no commit. They cannot be had back.`
      : undefined;
  const folder = `The folder ${path}, with the files in it that git ignores.`;
  const base = worktree.base_branch ?? "what it began from";
  if (merged || (ahead === 0 && changed_files > 0)) {
    return { lost, goes: [folder, `The branch ${branch}: ${base} has all its changes.`], stays: [] };
  }
  const commits = ahead > 0 ? counted(ahead, "commit") : "commits";
  return { lost, goes: [folder], stays: [`The branch ${branch}, with ${commits} that ${base} has not.`] };
}

/** What the hub would clean away, as far as is known here: a task that is not known it judges itself. */
export const isCleanable = (
  { merged, missing }: Pick<Worktree, "merged" | "missing">,
  status: TaskStatus | undefined,
): boolean => (merged || missing) && (status === undefined || isSettled(status));
