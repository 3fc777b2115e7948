import type { Tx } from "../db/transaction.ts";
import type { Engine } from "../tasks/engine.ts";
import { inProject, projectOf } from "../tasks/move.ts";
import { lockTask, type TaskRow } from "../tasks/task-row.ts";
import { lockFamily } from "./family.ts";

/** Like `onProject`, for what may change the order of the task's family: all of it is locked, in the order of the ids. */
export async function onFamily<T>(
  engine: Engine,
  taskId: string,
  work: (tx: Tx, task: TaskRow) => Promise<T>,
): Promise<T> {
  return inProject(engine, await projectOf(engine, taskId), async (tx) => {
    await lockFamily(tx, [taskId]);
    return work(tx, await lockTask(tx, taskId));
  });
}
