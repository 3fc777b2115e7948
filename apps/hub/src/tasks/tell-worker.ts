import type { Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { noteToWorker } from "../notes/note-to-worker.ts";
import type { TaskRow } from "./task-row.ts";

/**
 * An urgent word to the session that works on the task or was told of it: at once, or at its return. True when there is
 * one. Only who knows of the task is told: a session that was merely chosen may be busy with another one.
 */
export async function tellWorker(tx: Tx, author: Caller, task: TaskRow, word: string): Promise<boolean> {
  if (task.assigned_session_id === null || !(task.lease_open || task.is_delivered)) return false;
  await noteToWorker(tx, author, task, word);
  return true;
}
