import type { Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { lockFamily } from "../epics/family.ts";
import { keepOrder } from "../epics/order-edges.ts";
import type { Fact } from "../events/activity.ts";
import type { Changes } from "./engine.ts";
import { BACK_TO_PENDING, dropAnswers } from "./move.ts";
import { recount } from "./recount.ts";
import { type TaskColumns, type TaskRow, writeTask } from "./task-row.ts";

const WITHDRAW_PLAN = {
  name: "withdraw_undecided_plan",
  text: `update engine.plan_revisions set decision = 'withdrawn', decided_at = now()
    where task_id = $1 and decision is null`,
};

/**
 * Puts a task back where it can be placed: nothing of the attempt that ends stays on its way, and what it waits for is
 * what its upstreams and siblings say now. The caller holds the project's lock and the task's row.
 */
export async function returnToPending(
  tx: Tx,
  caller: Caller,
  task: TaskRow,
  columns: TaskColumns,
  ...facts: Fact[]
): Promise<Changes> {
  await tx.query(WITHDRAW_PLAN, [task.id]);
  await dropAnswers(tx, task);
  const waits = await recount(tx, task);
  const isRelated = task.parent_id !== null || task.is_parent;
  if (isRelated) await lockFamily(tx, [task.id]);
  const places = await writeTask(tx, task, { ...BACK_TO_PENDING, ...waits, ...columns }, ...facts);
  const order = isRelated ? await keepOrder(tx, caller, task.project_id, [task.id], "leave_out") : undefined;
  return {
    projectId: task.project_id,
    places: [...places, ...(order?.places ?? [])],
    ready: order?.ready ?? [],
    released: [task.id, ...(order?.released ?? [])],
    placeable: true,
  };
}
