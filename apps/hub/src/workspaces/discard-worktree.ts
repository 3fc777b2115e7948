import { isSettled } from "@orchestratia/domain/task-lifecycle";
import { Problem, type ProblemCode } from "@orchestratia/protocol/problems";
import { actorOf, type Caller } from "../access/caller.ts";
import { record } from "../events/activity.ts";
import type { Engine } from "../tasks/engine.ts";
import { onTask } from "../tasks/move.ts";
import { aboutTask } from "../tasks/task-row.ts";

interface Discarding {
  taskId: string;
  projectId: string;
  serverId: string;
  force: boolean;
  onlyMerged?: boolean;
}

const MARK = {
  name: "mark_discarding",
  text: `update engine.checkouts set discarding = $3, discarding_since = now() where task_id = $1 and server_id = $2
    returning task_id`,
};
const UNMARK = {
  name: "unmark_discarding",
  text: `update engine.checkouts set discarding = null, discarding_since = null
    where task_id = $1 and server_id = $2 and discarding_since is not null`,
};
const FORGET = {
  name: "forget_checkout",
  text: "delete from engine.checkouts where task_id = $1 and server_id = $2 returning task_id",
};

/** Nothing was removed when a daemon answers that. Of one that fell silent nobody knows: `mergedWorktrees` looks. */
const REFUSALS: readonly ProblemCode[] = ["workspace_refused", "daemon_lacks"];

/**
 * Removes a task's checkout from a server. While somebody works there it is refused: throws `task_wrong_status`, and what
 * asking a daemon throws. With `onlyMerged` the daemon refuses it unless nothing at all is lost. From the look at the task
 * on nobody is given the checkout: it is marked under the task's lock.
 */
export async function discardWorktree(
  engine: Engine,
  caller: Caller,
  { taskId, projectId, serverId, force, onlyMerged = false }: Discarding,
): Promise<void> {
  const isMarked = await onTask(engine, taskId, async (tx, row) => {
    if (row.project_id !== projectId) throw new Problem("task_not_found");
    if (row.assigned_server_id === serverId && !isSettled(row.status)) {
      throw new Problem("task_wrong_status", `${row.key} is ${row.status} on that server: its checkout is in use.`, {
        current_status: row.status,
      });
    }
    const details = { branch: `orc/${row.key}`, forced: force, ...(onlyMerged && { merged: true }) };
    const fact = JSON.stringify({ actor: actorOf(caller), details });
    return (await tx.query(MARK, [taskId, serverId, fact])).length > 0;
  });
  try {
    await engine.workspaces.discard(serverId, { task_id: taskId, force, ...(onlyMerged && { only_merged: true }) });
  } catch (error) {
    if (error instanceof Problem && REFUSALS.includes(error.code)) {
      await engine.database.sql.query(UNMARK, [taskId, serverId]);
      engine.events.wake();
    }
    throw error;
  }
  await onTask(engine, taskId, async (tx, row) => {
    const forgotten = await tx.query(FORGET, [taskId, serverId]);
    // Somebody found it gone meanwhile, and has told.
    if (isMarked && forgotten.length === 0) return;
    await record(tx, {
      ...aboutTask(row),
      server_id: serverId,
      actor: actorOf(caller),
      type: "task.worktree_discarded",
      details: { branch: `orc/${row.key}`, forced: force, ...(onlyMerged && { merged: true }) },
    });
  });
  engine.events.wake();
}
