import { actorOf, SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { decide } from "./move.ts";
import { openLease } from "./open-lease.ts";
import { aboutTask, lockTask, moveDetails, sql, writeTask } from "./task-row.ts";

/**
 * A task that needs a plan is in planning from the moment at which it was brought to its session. One whose session has
 * another task begins when that session says so. `started_at` tells whether the worker itself has begun.
 */
export async function planDelivered(tx: Tx, taskId: string, holder: { session_id: string; server_id: string }) {
  const task = await lockTask(tx, taskId);
  if (!task.plan_required) return;
  const move = decide(task, "plan", { planRequired: true });
  if (!(await openLease(tx, task, holder))) return;
  await writeTask(
    tx,
    task,
    { status: move.to, status_reason: null, epoch: sql("epoch + 1") },
    {
      ...aboutTask(task),
      type: "task.planning",
      ...holder,
      actor: actorOf(SYSTEM),
      details: moveDetails(task, move.to),
    },
  );
}
