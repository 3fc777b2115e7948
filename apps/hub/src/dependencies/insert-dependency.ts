import {
  conflictingName,
  declaredContracts,
  deliveredContracts,
  type InputEdge,
  resolvedInputsFrom,
} from "@orchestratia/domain/contracts";
import { type DependencyType, isGating, isResolvedBy } from "@orchestratia/domain/dependency-graph";
import { Problem } from "@orchestratia/protocol/problems";
import type { Tx } from "../db/transaction.ts";
import { readWaits, refuseCircle } from "../epics/waits.ts";
import type { Fact } from "../events/activity.ts";
import { aboutTask, json, lockTasks, type Places, sql, type TaskRow, writeTask } from "../tasks/task-row.ts";

/** An edge to be: `taskId` waits for `upstreamId`. */
export interface NewEdge {
  taskId: string;
  upstreamId: string;
  type: DependencyType;
  contractKey: string | null;
  alias: string | null;
}

export interface InsertedEdge {
  id: string;
  resolved: boolean;
  places: Places;
  warnings: string[];
}

interface EdgeRow {
  depends_on_task_id: string;
  depends_on_key: string;
  dependency_type: DependencyType;
  contract_key: string | null;
  alias: string | null;
  resolved: boolean;
}

const EDGES_OF = {
  name: "edges_of_task",
  text: `select d.depends_on_task_id, up.key as depends_on_key, d.dependency_type, d.contract_key, d.alias, d.resolved
    from task_dependencies d join tasks up on up.id = d.depends_on_task_id
    where d.task_id = $1 and d.dependency_type <> 'order'`,
};

/**
 * Inserts an edge under the project's lock, which the caller holds: nothing settles meanwhile, so whether the upstream is
 * done is certain. An edge onto a done task resolves at once. Both tasks' versions rise: the upstream's because what is
 * demanded of its result may have changed.
 */
export async function insertDependency(
  tx: Tx,
  edge: NewEdge,
  fact: (task: TaskRow, upstream: TaskRow) => Fact,
): Promise<InsertedEdge> {
  if (edge.taskId === edge.upstreamId) throw new Problem("dependency_self");
  const locked = await lockTasks(tx, [edge.taskId, edge.upstreamId]);
  const task = locked.find(({ id }) => id === edge.taskId);
  const upstream = locked.find(({ id }) => id === edge.upstreamId);
  if (!task || !upstream || task.project_id !== upstream.project_id) throw new Problem("task_not_found");
  const gating = isGating(edge.type);
  if (gating && task.status !== "pending" && task.status !== "assigned") {
    throw new Problem("dependency_too_late", `${task.key} is ${task.status}: nothing new can hold it back.`);
  }
  const edges = await tx.query<EdgeRow>(EDGES_OF, [task.id]);
  refuseTakenName(task, upstream, edge, edges);
  await refuseCycle(tx, task, edge);
  const { resolved, inputs } = resolution(edge, upstream);
  const id = await insertRow(tx, task, upstream, edge, resolved);
  const places = await writeTask(
    tx,
    task,
    {
      // Whoever was told of the task cannot begin it now; once it is free again it is delivered anew.
      ...(gating && !resolved ? { blockers: sql("blockers + 1"), delivered_at: null, deliveries: 0 } : {}),
      ...(inputs ? { resolved_inputs: json({ ...(await inputsOf(tx, task.id)), ...inputs }) } : {}),
    },
    fact(task, upstream),
  );
  if (gating && !resolved) await writeTask(tx, upstream, {});
  return { id, resolved, places, warnings: undeclared(upstream, edge) };
}

function resolution(edge: NewEdge, upstream: TaskRow): { resolved: boolean; inputs?: Record<string, unknown> } {
  const delivered = deliveredContracts(upstream.result);
  const resolved = isResolvedBy(
    { type: edge.type, contractKey: edge.contractKey },
    { status: upstream.status, delivered },
  );
  if (!resolved && edge.type === "input" && upstream.status === "done") {
    throw new Problem("contract_missing", `${upstream.key} is done and never delivered "${edge.contractKey}".`);
  }
  if (!resolved || edge.type !== "input") return { resolved };
  return {
    resolved,
    inputs: resolvedInputsFrom([inputEdge(edge, upstream, true)], new Map([[upstream.id, delivered]])),
  };
}

const inputEdge = (edge: NewEdge, upstream: { id: string; key: string }, resolved: boolean): InputEdge => ({
  dependsOn: upstream.id,
  upstreamKey: upstream.key,
  type: edge.type,
  contractKey: edge.contractKey,
  alias: edge.alias,
  resolved,
});

function refuseTakenName(task: TaskRow, upstream: TaskRow, edge: NewEdge, edges: readonly EdgeRow[]): void {
  const before = edges.map((row) => ({
    upstreamKey: row.depends_on_key,
    type: row.dependency_type,
    contractKey: row.contract_key,
    alias: row.alias,
  }));
  if (edges.some((row) => row.depends_on_task_id === upstream.id)) {
    throw new Problem("dependency_exists", `${task.key} depends on ${upstream.key} already.`);
  }
  const name = conflictingName([...before, inputEdge(edge, upstream, false)]);
  if (name !== undefined) {
    throw new Problem(
      "input_name_taken",
      `Two dependencies of ${task.key} would both deliver "${name}"; give one an alias.`,
    );
  }
}

async function refuseCycle(tx: Tx, task: TaskRow, edge: NewEdge): Promise<void> {
  if (!isGating(edge.type)) return;
  const waits = await readWaits(tx, task.project_id);
  await refuseCircle(tx, waits, { taskId: edge.taskId, dependsOn: edge.upstreamId, type: edge.type });
}

async function insertRow(tx: Tx, task: TaskRow, upstream: TaskRow, edge: NewEdge, resolved: boolean): Promise<string> {
  const [row] = await tx.query<{ id: string }>(
    `insert into task_dependencies (project_id, task_id, depends_on_task_id, dependency_type, contract_key, alias, resolved,
       resolved_at)
     values ($1, $2, $3, $4, $5, $6, $7, case when $7 then now() end) returning id`,
    [task.project_id, task.id, upstream.id, edge.type, edge.contractKey, edge.alias, resolved],
  );
  return (row as { id: string }).id;
}

async function inputsOf(tx: Tx, taskId: string): Promise<Record<string, unknown>> {
  const [row] = await tx.query<{ resolved_inputs: Record<string, unknown> }>(
    "select resolved_inputs from tasks where id = $1",
    [taskId],
  );
  return row?.resolved_inputs ?? {};
}

function undeclared(upstream: TaskRow, edge: NewEdge): string[] {
  if (edge.type !== "input" || edge.contractKey === null) return [];
  if (declaredContracts(upstream.structured_spec).some(({ key }) => key === edge.contractKey)) return [];
  return [
    `${upstream.key} does not declare the contract "${edge.contractKey}"; it will be required of its result all the same.`,
  ];
}

/** The fact of an edge. */
export const dependencyFact = (
  type: "dependency.added" | "dependency.removed",
  task: TaskRow,
  upstream: { id: string; key: string },
  edge: { type: string; contractKey: string | null },
  actor: Fact["actor"],
): Fact => ({
  ...aboutTask(task),
  type,
  actor,
  details: {
    depends_on_task_id: upstream.id as never,
    depends_on_key: upstream.key,
    dependency_type: edge.type,
    contract_key: edge.contractKey,
  },
});
