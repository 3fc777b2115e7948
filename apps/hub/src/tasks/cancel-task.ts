import { isSettled } from "@orchestratia/domain/task-lifecycle";
import { Problem } from "@orchestratia/protocol/problems";
import { actorOf, type Caller, SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { afterCommit, type Changes, type Engine } from "./engine.ts";
import { cancelQuestions, decide, dropAnswers, endLease, inProject, projectOf } from "./move.ts";
import {
  aboutTask,
  lockServers,
  lockTasks,
  moveDetails,
  type Places,
  sql,
  type TaskRow,
  writeTask,
} from "./task-row.ts";
import { tellWorker } from "./tell-worker.ts";

/** Cancels the task and its unsettled descendants, and tells the sessions that were at work to stop. */
export async function cancelTask(engine: Engine, caller: Caller, taskId: string): Promise<void> {
  const projectId = await projectOf(engine, taskId);
  afterCommit(engine, await inProject(engine, projectId, (tx) => cancelFamilyLocked(tx, caller, taskId)));
}

/** The same within a transaction that holds the project's lock. Throws `task_wrong_status`, `forbidden`. */
export async function cancelFamilyLocked(tx: Tx, caller: Caller, taskId: string): Promise<Changes> {
  const tasks = await lockFamily(tx, taskId);
  const task = tasks.find(({ id }) => id === taskId);
  if (!task) throw new Problem("task_not_found");
  mayCancel(task, caller);
  decide(task, "cancel", {}, caller);
  const family = tasks.filter(({ status }) => !isSettled(status));
  const places: Places = [];
  for (const member of family) places.push(...(await cancelLocked(tx, member, caller)));
  return {
    projectId: task.project_id,
    places,
    released: family.map(({ id }) => id),
    placeable: true,
    told: true,
    ended: family.flatMap(sessionToEnd),
  };
}

/** The session that goes with the task when it settles, where the project keeps none beyond that. */
export const sessionToEnd = (
  task: Pick<TaskRow, "lease_open" | "close_session_on_settle" | "holder_session_id">,
): string[] =>
  task.lease_open && task.close_session_on_settle && task.holder_session_id ? [task.holder_session_id] : [];

function mayCancel(task: TaskRow, caller: Caller): void {
  if (caller.kind !== "session" || caller.role === "orchestrator" || task.source_session_id === caller.id) return;
  throw new Problem("forbidden", "A session cancels only what it created.");
}

/** The task and everything below it, and the servers that may get places back. Under the project's lock none is added. */
async function lockFamily(tx: Tx, taskId: string): Promise<TaskRow[]> {
  const ids = await tx.query<{ id: string }>(
    `with recursive family as (
       select id from tasks where id = $1
       union select child.id from tasks child join family on child.parent_id = family.id
     ) select id from family`,
    [taskId],
  );
  const family = await lockTasks(
    tx,
    ids.map(({ id }) => id),
  );
  await lockServers(
    tx,
    family.map((task) => task.assigned_server_id),
  );
  return family;
}

/** Cancels one task whose row is locked; the project's lock is held. */
export async function cancelLocked(tx: Tx, task: TaskRow, caller: Caller): Promise<Places> {
  await endLease(tx, task.id, "cancelled");
  await cancelQuestions(tx, task, caller, "anybody");
  await dropAnswers(tx, task);
  const places = await writeTask(
    tx,
    task,
    { status: "cancelled", resume_status: null, completed_at: sql("now()") },
    { ...aboutTask(task), type: "task.cancelled", actor: actorOf(caller), details: moveDetails(task, "cancelled") },
  );
  await tellWorker(tx, SYSTEM, task, `${task.key} was cancelled. Stop working on it.`);
  return places;
}
