import { isSettled } from "@orchestratia/domain/task-lifecycle";
import type { Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { cancelLocked, sessionToEnd } from "../tasks/cancel-task.ts";
import type { Changes } from "../tasks/engine.ts";
import { lockServers, lockTasks, type Places } from "../tasks/task-row.ts";

/**
 * The tasks, everything below them and everything that waits for any of these. What is settled holds nobody back any more
 * than before, so the way does not lead through it; nor through `order`, which a cancelled task lets go.
 */
const DOWNSTREAM = {
  name: "downstream_tasks",
  text: `with recursive down(id) as (
      select id from tasks where id = any($1::uuid[]) and status not in ('done', 'failed', 'cancelled')
      union
      select next.id from down cross join lateral (
        select child.id, child.status from tasks child where child.parent_id = down.id
        union all
        select t.id, t.status from task_dependencies d join tasks t on t.id = d.task_id
        where d.depends_on_task_id = down.id and not d.resolved and d.dependency_type in ('blocks', 'input')
      ) as next where next.status not in ('done', 'failed', 'cancelled')
    ) select id from down`,
};

/** Cancels tasks with all that cannot be done without them, under the project's lock, which the caller holds. */
export async function cancelDownstream(
  tx: Tx,
  caller: Caller,
  projectId: string,
  taskIds: readonly string[],
): Promise<Changes> {
  const ids = (await tx.query<{ id: string }>(DOWNSTREAM, [taskIds])).map(({ id }) => id);
  const tasks = (await lockTasks(tx, ids)).filter(({ status }) => !isSettled(status));
  await lockServers(
    tx,
    tasks.map((task) => task.assigned_server_id),
  );
  const places: Places = [];
  for (const task of tasks) places.push(...(await cancelLocked(tx, task, caller)));
  return {
    projectId,
    places,
    released: tasks.map(({ id }) => id),
    placeable: true,
    told: true,
    ended: tasks.flatMap(sessionToEnd),
  };
}
