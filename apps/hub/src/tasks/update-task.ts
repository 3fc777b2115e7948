import { isSettled } from "@orchestratia/domain/task-lifecycle";
import { Problem } from "@orchestratia/protocol/problems";
import type { TaskChanges } from "@orchestratia/protocol/tasks";
import { actorOf, type Caller } from "../access/caller.ts";
import { onFamily } from "../epics/on-family.ts";
import { keepOrder } from "../epics/order-edges.ts";
import { afterCommit, type Engine } from "./engine.ts";
import { onTask } from "./move.ts";
import { aboutTask, json, type TaskColumns, type TaskRow, writeTask } from "./task-row.ts";
import { inspectSpec, specColumns } from "./write-spec.ts";

/**
 * Changes fields of an unsettled task; `ifMatch` is the version that the caller saw. Answers warnings. Throws
 * `version_conflict`, `task_wrong_status`, `contract_schema_invalid`.
 */
export async function updateTask(
  engine: Engine,
  caller: Caller,
  taskId: string,
  changes: TaskChanges,
  ifMatch?: number,
): Promise<string[]> {
  const warnings = await inspectSpec(engine.schemas, changes.structured_spec);
  const locked = ordersFamily(changes) ? onFamily : onTask;
  const { task, order } = await locked(engine, taskId, async (tx, found) => {
    if (ifMatch !== undefined && ifMatch !== found.version) {
      throw new Problem("version_conflict", `${found.key} is at version ${found.version}, not ${ifMatch}.`, {
        version: found.version,
      });
    }
    if (isSettled(found.status)) {
      throw new Problem("task_wrong_status", `${found.key} is ${found.status}; its fields are history now.`, {
        current_status: found.status,
      });
    }
    if (changes.type === "epic" && found.type !== "epic") mustBeUnstarted(found);
    const untold = changesWork(changes) && knowingSession(found) !== null ? { untold_change: true } : {};
    await writeTask(
      tx,
      found,
      { ...columnsOf(changes), ...untold },
      {
        ...aboutTask(found),
        type: "task.updated",
        actor: actorOf(caller),
        details: { fields: Object.keys(changes) },
      },
    );
    const order = ordersFamily(changes) ? await keepOrder(tx, caller, found.project_id, [taskId], "refuse") : undefined;
    return { task: found, order };
  });
  afterCommit(engine, { projectId: task.project_id, ...order, placeable: true });
  if (changesWork(changes)) engine.delivery.wake();
  return warnings;
}

/** What the worker has to read again. */
const changesWork = ({ spec, structured_spec }: TaskChanges): boolean =>
  spec !== undefined || structured_spec !== undefined;

/** What changes the order of its children, or whether it counts as a parent, is decided under the project's lock. */
const ordersFamily = ({ exec_mode, type }: TaskChanges): boolean => exec_mode !== undefined || type !== undefined;

/** Who works on the task, or was told of it: a session that was only chosen for it has other things to do. */
function knowingSession(task: TaskRow): string | null {
  if (task.lease_open) return task.holder_session_id;
  return task.is_delivered ? task.assigned_session_id : null;
}

/** An epic is never worked on itself, so what somebody was given cannot become one. */
function mustBeUnstarted(task: TaskRow): void {
  if (task.status === "pending" && task.epoch === 0) return;
  throw new Problem(
    "task_wrong_status",
    `${task.key} is ${task.status}; only a task that nobody has becomes an epic.`,
    {
      current_status: task.status,
    },
  );
}

function columnsOf({ structured_spec, acceptance_criteria, ...plain }: TaskChanges): TaskColumns {
  const columns: TaskColumns = {};
  for (const [column, value] of Object.entries(plain)) if (value !== undefined) columns[column] = value;
  if (acceptance_criteria !== undefined) columns.acceptance_criteria = acceptance_criteria ?? [];
  if (structured_spec !== undefined) {
    const spec = specColumns(structured_spec);
    columns.structured_spec = json(spec.structured_spec);
    columns.requirements = json(spec.requirements);
  }
  return columns;
}
