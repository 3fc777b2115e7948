import { isSettled } from "@orchestratia/domain/task-lifecycle";
import { Problem } from "@orchestratia/protocol/problems";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { afterCommit, type Engine } from "./engine.ts";
import { closeLease, decide, onProject } from "./move.ts";
import { aboutTask, lockTasks, moveDetails, type Places, sql, type TaskRow, writeTask } from "./task-row.ts";

/** Cancels the task and its unsettled descendants, and tells the sessions that were at work to stop. */
export async function cancelTask(engine: Engine, caller: Caller, taskId: string): Promise<void> {
  const cancelled = await onProject(engine, taskId, async (tx, task) => {
    mayCancel(task, caller);
    decide(task, "cancel");
    const family = await unsettledFamily(tx, taskId);
    const places: Places = [];
    for (const member of family) places.push(...(await cancelLocked(tx, member, caller)));
    return { family, places };
  });
  const [first] = cancelled.family;
  if (!first) return;
  const released = cancelled.family.map((task) => task.id);
  for (const task of cancelled.family) {
    const session = task.lease_open ? task.holder_session_id : task.assigned_session_id;
    if (session) engine.delivery.stopWork(session, task);
  }
  afterCommit(engine, { projectId: first.project_id, places: cancelled.places, released, placeable: true });
}

function mayCancel(task: TaskRow, caller: Caller): void {
  if (caller.kind !== "session" || caller.role === "orchestrator" || task.source_session_id === caller.id) return;
  throw new Problem("forbidden", "A session cancels only what it created.");
}

async function unsettledFamily(tx: Tx, taskId: string): Promise<TaskRow[]> {
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
  return family.filter((task) => !isSettled(task.status));
}

/** Cancels one task whose row is locked; the project's lock is held. */
export async function cancelLocked(tx: Tx, task: TaskRow, caller: Caller): Promise<Places> {
  await closeLease(tx, task.id, "cancelled");
  await tx.query(
    "update interventions set status = 'cancelled', responded_at = now() where task_id = $1 and status = 'pending'",
    [task.id],
  );
  return writeTask(
    tx,
    task,
    { status: "cancelled", resume_status: null, completed_at: sql("now()") },
    { ...aboutTask(task), type: "task.cancelled", actor: actorOf(caller), details: moveDetails(task, "cancelled") },
  );
}
