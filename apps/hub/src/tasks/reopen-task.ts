import { leaseStatuses, type TaskStatus } from "@orchestratia/domain/task-lifecycle";
import { actorOf, type Caller, SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { keepOrder } from "../epics/order-edges.ts";
import { type Fact, record } from "../events/activity.ts";
import { afterCommit, type Changes, type Engine } from "./engine.ts";
import { decide, endLease, onProject } from "./move.ts";
import { recount } from "./recount.ts";
import { returnToPending } from "./return-to-pending.ts";
import { aboutTask, lockServers, lockTasks, moveDetails, type Places, type TaskRow, writeTask } from "./task-row.ts";
import { tellWorker } from "./tell-worker.ts";

const DEPENDENTS = {
  name: "dependents_of_task",
  text: `select distinct task_id as id from task_dependencies
    where depends_on_task_id = $1 and dependency_type in ('blocks', 'input')`,
};

/**
 * Takes a done task up again. What waited for it and has not begun waits again; who has begun with its result is told.
 * Throws `task_wrong_status`.
 */
export async function reopenTask(engine: Engine, caller: Caller, taskId: string): Promise<void> {
  const changes = await onProject(engine, taskId, (tx, task) => reopenLocked(tx, caller, task));
  afterCommit(engine, changes);
}

/** The same within a transaction that holds the project's lock and the task's row. */
export async function reopenLocked(tx: Tx, caller: Caller, task: TaskRow): Promise<Changes> {
  const move = decide(task, "reopen", {}, caller);
  const ids = (await tx.query<{ id: string }>(DEPENDENTS, [task.id])).map(({ id }) => id);
  await lockTasks(tx, ids);
  await endLease(tx, task.id, "reopened");
  const changes = await returnToPending(
    tx,
    caller,
    task,
    {},
    { ...aboutTask(task), type: "task.reopened", actor: actorOf(caller), details: moveDetails(task, move.to) },
  );
  // Read only now: the order among siblings may have changed some of them.
  const dependents = await lockTasks(tx, ids);
  await lockServers(
    tx,
    dependents.map((dependent) => dependent.assigned_server_id),
  );
  const places: Places = [];
  const released: string[] = [];
  for (const dependent of dependents) {
    if (!isUnbegun(dependent.status)) await tell(tx, caller, task, dependent);
    else {
      places.push(...(await holdBack(tx, caller, task, dependent)));
      released.push(dependent.id);
    }
  }
  // What waits again for the task may contradict the order among its siblings, which then gives way.
  const order = isRelated(task)
    ? await keepOrder(tx, caller, task.project_id, [task.id], "leave_out")
    : { places: [], ready: [], released: [] };
  return {
    ...changes,
    ready: [...(changes.ready ?? []), ...order.ready],
    places: [...(changes.places ?? []), ...places, ...order.places],
    released: [...(changes.released ?? []), ...released, ...order.released],
    told: dependents.length > 0,
  };
}

const isRelated = (task: TaskRow): boolean => task.parent_id !== null || task.is_parent;

/** Neither begun nor done: it waits again. One that failed or was cancelled does so when it is tried again. */
const isUnbegun = (status: TaskStatus): boolean =>
  status === "pending" || status === "assigned" || status === "failed" || status === "cancelled";

async function holdBack(tx: Tx, caller: Caller, task: TaskRow, dependent: TaskRow): Promise<Places> {
  if (dependent.status === "assigned") {
    await tellWorker(
      tx,
      SYSTEM,
      dependent,
      `${task.key} was reopened, and ${dependent.key} waits for it again. Do not begin; it is brought to you anew.`,
    );
  }
  const waits = await recount(tx, dependent);
  // Whoever was told of the task cannot begin it now; once it is free again it is delivered anew.
  const columns = { ...waits, delivered_at: null, deliveries: 0 };
  return writeTask(tx, dependent, columns, upstreamReopened(caller, task, dependent, true));
}

async function tell(tx: Tx, caller: Caller, task: TaskRow, dependent: TaskRow): Promise<void> {
  if ((leaseStatuses as readonly TaskStatus[]).includes(dependent.status)) {
    await tellWorker(
      tx,
      SYSTEM,
      dependent,
      `${task.key}, which ${dependent.key} builds on, was reopened: its result may change. Go on unless that matters to you.`,
    );
  }
  await record(tx, upstreamReopened(caller, task, dependent, false));
}

const upstreamReopened = (caller: Caller, task: TaskRow, dependent: TaskRow, blocked: boolean): Fact => ({
  ...aboutTask(dependent),
  type: "task.upstream_reopened",
  actor: actorOf(caller),
  details: { key: dependent.key, upstream_key: task.key, blocked },
});
