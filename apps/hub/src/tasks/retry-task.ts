import { actorOf, type Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { afterCommit, type Changes, type Engine } from "./engine.ts";
import { decide, endLease, onProject } from "./move.ts";
import { returnToPending } from "./return-to-pending.ts";
import { aboutTask, moveDetails, sql, type TaskRow } from "./task-row.ts";

/** Lets a failed or cancelled task be tried again; what happened before stays in its history. Throws `task_wrong_status`. */
export async function retryTask(engine: Engine, caller: Caller, taskId: string): Promise<void> {
  const changes = await onProject(engine, taskId, (tx, task) => retryLocked(tx, caller, task));
  afterCommit(engine, changes);
}

/** The same within a transaction that holds the project's lock and the task's row. */
export async function retryLocked(tx: Tx, caller: Caller, task: TaskRow): Promise<Changes> {
  const move = decide(task, "retry", {}, caller);
  await endLease(tx, task.id, "retried");
  return returnToPending(
    tx,
    caller,
    task,
    // Without an epoch a task counts as one that never had a lease: as a parent it is settled by its children.
    { attempt: sql("attempt + 1"), ...(task.holder_session_id === null ? {} : { epoch: sql("epoch + 1") }) },
    { ...aboutTask(task), type: "task.retried", actor: actorOf(caller), details: moveDetails(task, move.to) },
  );
}
