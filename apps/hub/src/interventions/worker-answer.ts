import type { TaskMove } from "@orchestratia/domain/task-lifecycle";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { decide } from "../tasks/move.ts";
import { aboutTask, moveDetails, type TaskRow, writeTask } from "../tasks/task-row.ts";

const ANOTHER_OPEN = {
  name: "worker_intervention_open",
  text: "select from interventions where task_id = $1 and status = 'pending' and raised_by = 'worker' limit 1",
};

/** A worker's question was answered, or its time is over: the task goes on where it was, once none of its questions is open. */
export async function goOn(
  tx: Tx,
  caller: Caller,
  task: TaskRow,
  move: Extract<TaskMove, "respond" | "expire">,
): Promise<void> {
  if (task.status !== "needs_human") return;
  const workerInterventionOpen = (await tx.query(ANOTHER_OPEN, [task.id])).length > 0;
  const { to } = decide(task, move, { workerInterventionOpen });
  if (to === task.status) return;
  await writeTask(
    tx,
    task,
    { status: to, resume_status: null },
    { ...aboutTask(task), type: "task.resumed", actor: actorOf(caller), details: moveDetails(task, to) },
  );
}
