import type { Tx } from "../db/transaction.ts";
import { ASSIGNED_TASK_COLUMNS, type AssignedTask } from "../matching/assigned-task.ts";
import type { Changes } from "../tasks/engine.ts";
import type { TaskRow } from "../tasks/task-row.ts";

/**
 * Changes columns of a locked task that was delivered and is not begun, so that it is brought to a session once more after
 * the commit. With its version raised: a daemon takes what carries the same one for a repeat, which it types only once.
 */
export async function deliverAgain(
  tx: Tx,
  task: TaskRow,
  assignments: "start_failures = 0" | "delivered_at = null, reminded_at = now()",
): Promise<Changes> {
  await tx.query(`update tasks set ${assignments}, version = version + 1, updated_at = now() where id = $1`, [task.id]);
  const ready = await tx.query<AssignedTask>(
    `select ${ASSIGNED_TASK_COLUMNS} from tasks t where t.id = $1 and t.status = 'assigned' and t.blockers = 0`,
    [task.id],
  );
  // What is in planning has its session: it is brought there like other news.
  return { projectId: task.project_id, ready, told: ready.length === 0 };
}
