import { deliveredName } from "@orchestratia/domain/contracts";
import { isGating } from "@orchestratia/domain/dependency-graph";
import { Problem } from "@orchestratia/protocol/problems";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import type { Fact } from "../events/activity.ts";
import { withdrawHubQuestions } from "../interventions/hub-question.ts";
import { ASSIGNED_TASK_COLUMNS, type AssignedTask } from "../matching/assigned-task.ts";
import { afterCommit, type Changes, type Engine } from "../tasks/engine.ts";
import { inProject, projectOf } from "../tasks/move.ts";
import { aboutTask, lockTasks, sql, type TaskRow, writeTask } from "../tasks/task-row.ts";
import { dependencyFact } from "./insert-dependency.ts";

interface Removed {
  id: string;
  key: string;
  dependency_type: "blocks" | "input" | "related" | "order";
  contract_key: string | null;
  alias: string | null;
  resolved: boolean;
}

const REMOVE = {
  name: "remove_dependency",
  text: `delete from task_dependencies d using tasks up
    where d.task_id = $1 and d.depends_on_task_id = $2 and up.id = d.depends_on_task_id and d.dependency_type <> 'order'
    returning d.id, d.dependency_type, d.contract_key, d.alias, d.resolved, up.key`,
};

const READY = {
  name: "ready_when_freed",
  text: `select ${ASSIGNED_TASK_COLUMNS} from tasks t where t.id = $1 and t.status = 'assigned' and t.blockers = 0
    and t.delivered_at is null`,
};

/** Drops a dependency; a task that waited for nothing else is free. Throws `dependency_not_found`. */
export async function removeDependency(
  engine: Engine,
  caller: Caller,
  taskId: string,
  upstreamId: string,
): Promise<void> {
  const projectId = await projectOf(engine, taskId);
  const changes = await inProject(engine, projectId, async (tx) => {
    const task = (await lockTasks(tx, [taskId, upstreamId])).find(({ id }) => id === taskId);
    if (!task) throw new Problem("task_not_found");
    return removeDependencyLocked(tx, caller, task, upstreamId);
  });
  afterCommit(engine, changes);
}

/** The same within a transaction that holds the project's lock and both rows. */
export async function removeDependencyLocked(
  tx: Tx,
  caller: Caller,
  task: TaskRow,
  upstreamId: string,
): Promise<Changes> {
  const [removed] = await tx.query<Removed>(REMOVE, [task.id, upstreamId]);
  if (!removed) throw new Problem("dependency_not_found", `${task.key} has no such dependency.`);
  const edge = { type: removed.dependency_type, contractKey: removed.contract_key };
  const waits = task.status === "pending" || task.status === "assigned";
  const frees = isGating(edge.type) && !removed.resolved;
  const actor = actorOf(caller);
  const name = deliveredName({ ...edge, upstreamKey: removed.key, alias: removed.alias });
  const places = await writeTask(
    tx,
    task,
    {
      ...(frees ? { blockers: sql("blockers - 1") } : {}),
      ...(name !== undefined && removed.resolved ? { resolved_inputs: sql(`resolved_inputs - ${quoted(name)}`) } : {}),
    },
    dependencyFact("dependency.removed", task, { id: upstreamId, key: removed.key }, edge, actor),
    ...(frees && waits && task.blockers === 1 ? [unblockedFact(task, actor)] : []),
  );
  await withdrawHubQuestions(tx, task, [`input_missing:${removed.id}`, `upstream_failed:${upstreamId}`], actor);
  // What is demanded of the upstream's result may be less now.
  await tx.query("update tasks set version = version + 1, updated_at = now() where id = $1", [upstreamId]);
  const ready = await tx.query<AssignedTask>(READY, [task.id]);
  return { projectId: task.project_id, places, ready, placeable: true };
}

const unblockedFact = (task: TaskRow, actor: Fact["actor"]): Fact => ({
  ...aboutTask(task),
  type: "task.unblocked",
  actor,
  details: { key: task.key },
});

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
