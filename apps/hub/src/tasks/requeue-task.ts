import { actorOf, type Caller, SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { afterCommit, type Changes, type Engine } from "./engine.ts";
import { cancelQuestions, decide, endLease, onProject } from "./move.ts";
import { returnToPending } from "./return-to-pending.ts";
import { aboutTask, moveDetails, sql, type TaskRow } from "./task-row.ts";
import { tellWorker } from "./tell-worker.ts";

/** A person's (`user`) takes the task from its worker for good; from a worker believed lost (`reaper`) only for now. */
export interface Requeue {
  by: "user" | "reaper";
  /** Completes "… was taken back: ". */
  reason: string;
}

/** Gives a started task back to the queue for another attempt. Throws `task_wrong_status`. */
export async function requeueTask(engine: Engine, caller: Caller, taskId: string, reason: string): Promise<void> {
  const changes = await onProject(engine, taskId, (tx, task) =>
    requeueLocked(tx, caller, task, { by: "user", reason }),
  );
  afterCommit(engine, changes);
}

/** The same within a transaction that holds the project's lock and the task's row. */
export async function requeueLocked(tx: Tx, caller: Caller, task: TaskRow, { by, reason }: Requeue): Promise<Changes> {
  const move = decide(task, "requeue", { byReaper: by === "reaper" }, caller);
  await endLease(tx, task.id, by === "reaper" ? "released" : "requeued");
  await cancelQuestions(tx, task, caller, "worker");
  const told = await tellWorker(tx, SYSTEM, task, `${task.key} was taken back: ${reason}. Stop working on it.`);
  const changes = await returnToPending(
    tx,
    caller,
    task,
    { epoch: sql("epoch + 1"), attempt: sql("attempt + 1") },
    {
      ...aboutTask(task),
      type: "task.requeued",
      session_id: task.holder_session_id,
      server_id: task.holder_server_id,
      actor: actorOf(caller),
      details: { ...moveDetails(task, move.to), by, reason },
    },
  );
  return { ...changes, told };
}
