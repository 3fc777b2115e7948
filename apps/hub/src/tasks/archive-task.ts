import { isSettled } from "@orchestratia/domain/task-lifecycle";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { afterCommit, type Engine } from "./engine.ts";
import { onTask } from "./move.ts";
import { wrongStatus } from "./open-moves.ts";
import { aboutTask, sql, type TaskRow, writeTask } from "./task-row.ts";

/** Puts a settled task out of sight: lists leave it out, and what comes after it in order waits no more. Throws `task_wrong_status`. */
export const archiveTask = (engine: Engine, caller: Caller, taskId: string): Promise<void> =>
  setArchived(engine, caller, taskId, true);

export const unarchiveTask = (engine: Engine, caller: Caller, taskId: string): Promise<void> =>
  setArchived(engine, caller, taskId, false);

async function setArchived(engine: Engine, caller: Caller, taskId: string, archived: boolean): Promise<void> {
  const projectId = await onTask(engine, taskId, async (tx, task) => {
    await writeArchived(tx, caller, task, archived);
    return task.project_id;
  });
  afterCommit(engine, { projectId });
}

/** The same within a transaction that holds the task's row. */
export const archiveLocked = (tx: Tx, caller: Caller, task: TaskRow): Promise<void> =>
  writeArchived(tx, caller, task, true);

async function writeArchived(tx: Tx, caller: Caller, task: TaskRow, archived: boolean): Promise<void> {
  if (archived && !isSettled(task.status)) throw wrongStatus(task, "be archived", caller);
  if (task.is_archived === archived) return;
  await writeTask(
    tx,
    task,
    { archived_at: archived ? sql("now()") : null },
    {
      ...aboutTask(task),
      type: archived ? "task.archived" : "task.unarchived",
      actor: actorOf(caller),
      details: { key: task.key, title: task.title },
    },
  );
}
