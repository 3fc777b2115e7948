import { Problem } from "@orchestratia/protocol/problems";
import type { TaskId } from "@orchestratia/protocol/vocabulary";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { afterCommit, type Engine } from "../tasks/engine.ts";
import { inProject, projectOf } from "../tasks/move.ts";
import { aboutTask, lockTasks, type TaskRow, writeTask } from "../tasks/task-row.ts";
import { lockFamily } from "./family.ts";
import { openParent } from "./open-parent.ts";
import { keepOrder } from "./order-edges.ts";
import { type SiblingPlace, siblingPosition } from "./sibling-position.ts";
import { readWaits, refuseCircle } from "./waits.ts";

/** Where a task is to stand: ids already. Without `parentId` it stays under the parent that it has. */
export interface NewPlace extends SiblingPlace {
  parentId?: string | null | undefined;
}

/**
 * Puts a task elsewhere among its siblings, under another parent, or under none. Its children come along. Throws
 * `parent_cycle`, `parent_settled`, `dependency_cycle` naming the way round, `invalid_request` for a neighbour that is
 * not there.
 */
export async function placeTask(engine: Engine, caller: Caller, taskId: string, place: NewPlace): Promise<void> {
  const projectId = await projectOf(engine, taskId);
  const changes = await inProject(engine, projectId, (tx) => placeLocked(tx, caller, { projectId, taskId, place }));
  afterCommit(engine, { projectId, ...changes, placeable: true });
}

interface Placing {
  projectId: string;
  taskId: string;
  place: NewPlace;
}

async function placeLocked(tx: Tx, caller: Caller, { projectId, taskId, place }: Placing) {
  const from = await parentOf(tx, taskId);
  const to = place.parentId === undefined ? from : place.parentId;
  const parents = [from, to].filter((id) => id !== null);
  await lockFamily(tx, [taskId, ...parents]);
  const locked = await lockTasks(tx, [taskId, ...parents]);
  const task = locked.find(({ id }) => id === taskId);
  const parent = locked.find(({ id }) => id === to);
  if (!task || (to !== null && parent?.project_id !== projectId)) throw new Problem("task_not_found");
  if (to === null && (place.after || place.before || place.place)) {
    throw new Problem("invalid_request", `${task.key} has no parent, so it has no place among others.`);
  }
  const opened =
    parent && to !== from ? await adopt(tx, caller, task, parent) : { places: [], released: [], told: false };
  const position = to === null ? null : await siblingPosition(tx, to, place, taskId);
  await writeTask(
    tx,
    task,
    { parent_id: to, position },
    {
      ...aboutTask(task),
      type: "task.placed",
      actor: actorOf(caller),
      details: { key: task.key, parent_id: to as TaskId | null, from_parent_id: from as TaskId | null },
    },
  );
  const order = await keepOrder(tx, caller, projectId, [taskId, ...parents], "refuse");
  return {
    ...order,
    told: opened.told,
    places: [...opened.places, ...order.places],
    released: [...opened.released, ...order.released],
  };
}

async function parentOf(tx: Tx, taskId: string): Promise<string | null> {
  const [task] = await tx.query<{ parent_id: string | null }>("select parent_id from tasks where id = $1", [taskId]);
  return task?.parent_id ?? null;
}

/** Whether the locked parent may take the task, by its descent, its status and what it would wait for then. */
async function adopt(tx: Tx, caller: Caller, task: TaskRow, parent: TaskRow) {
  const ancestors = await tx.query<{ id: string }>(
    `with recursive up(id, parent_id) as (
       select id, parent_id from tasks where id = $1
       union select p.id, p.parent_id from up join tasks p on p.id = up.parent_id
     ) select id from up`,
    [parent.id],
  );
  if (ancestors.some(({ id }) => id === task.id)) {
    throw new Problem("parent_cycle", `${parent.key} is ${task.key} itself or below it.`);
  }
  const opened = await openParent(tx, caller, parent);
  // A parent that is settled by its children waits for this one from now on, also when it is tried again.
  if (parent.type === "epic" || parent.epoch === 0) {
    const waits = await readWaits(tx, task.project_id);
    await refuseCircle(tx, waits, { taskId: parent.id, dependsOn: task.id, type: "blocks" });
  }
  return opened;
}
