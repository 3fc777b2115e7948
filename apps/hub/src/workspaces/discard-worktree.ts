import { isSettled, type TaskStatus } from "@orchestratia/domain/task-lifecycle";
import { Problem } from "@orchestratia/protocol/problems";
import { actorOf, type Caller } from "../access/caller.ts";
import { record } from "../events/activity.ts";
import type { Engine } from "../tasks/engine.ts";
import { onTask } from "../tasks/move.ts";
import { aboutTask } from "../tasks/task-row.ts";

const TASK = {
  name: "task_of_discarded_worktree",
  text: "select key, status::text as status, assigned_server_id from tasks where id = $1 and project_id = $2",
};

/**
 * Removes a task's checkout from a server. While somebody works there it is refused: throws `task_wrong_status`, and what
 * asking a daemon throws.
 */
export async function discardWorktree(
  engine: Engine,
  caller: Caller,
  { taskId, projectId, serverId, force }: { taskId: string; projectId: string; serverId: string; force: boolean },
): Promise<void> {
  const [task] = await engine.database.sql.query<{
    key: string;
    status: TaskStatus;
    assigned_server_id: string | null;
  }>(TASK, [taskId, projectId]);
  if (!task) throw new Problem("task_not_found");
  if (task.assigned_server_id === serverId && !isSettled(task.status)) {
    throw new Problem("task_wrong_status", `${task.key} is ${task.status} on that server: its checkout is in use.`, {
      current_status: task.status,
    });
  }
  await engine.workspaces.discard(serverId, { task_id: taskId, force });
  await onTask(engine, taskId, (tx, row) =>
    record(tx, {
      ...aboutTask(row),
      server_id: serverId,
      actor: actorOf(caller),
      type: "task.worktree_discarded",
      details: { branch: `orc/${task.key}`, forced: force },
    }),
  );
  engine.events.wake();
}
