import { Problem } from "@orchestratia/protocol/problems";
import { TaskId } from "@orchestratia/protocol/vocabulary";
import type { Worktree } from "@orchestratia/protocol/workspace";
import type { Caller } from "../access/caller.ts";
import type { Engine } from "../tasks/engine.ts";
import { discardWorktree } from "./discard-worktree.ts";

interface Cleaned {
  discarded: string[];
  kept: { task_key: string; reason: string }[];
}

/** Discards those checkouts on a server that are merged, clean and of settled tasks, and says why the others stay. */
export async function cleanWorktrees(
  engine: Engine,
  caller: Caller,
  { projectId, serverId }: { projectId: string; serverId: string },
): Promise<Cleaned> {
  const cleaned: Cleaned = { discarded: [], kept: [] };
  for (const worktree of await engine.workspaces.list(serverId)) {
    const { task_id: taskId, task_key } = worktree;
    const discard = () =>
      discardWorktree(engine, caller, { taskId, projectId, serverId, force: false, onlyMerged: true });
    const reason = whyKept(worktree) ?? (await refusalOf(discard));
    if (reason === undefined) cleaned.discarded.push(task_key);
    else cleaned.kept.push({ task_key, reason });
  }
  return cleaned;
}

function whyKept({ task_id, merged, ahead, changed_files, base_branch, missing }: Worktree): string | undefined {
  // What a daemon says is not taken for an id before it looks like one.
  if (!TaskId.safeParse(task_id).success) return "No task has this id.";
  if (merged || missing) return undefined;
  if (changed_files > 0) {
    return `It has uncommitted changes in ${changed_files === 1 ? "1 file" : `${changed_files} files`}.`;
  }
  return `It has ${ahead === 1 ? "1 commit" : `${ahead} commits`} that ${base_branch ?? "what it began from"} has not.`;
}

async function refusalOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error.detail;
    throw error;
  }
}
