import { randomUUID } from "node:crypto";
import { findCycle } from "@orchestratia/domain/dependency-graph";
import type { NewPipeline, PipelineTask } from "@orchestratia/protocol/pipelines";
import { Problem } from "@orchestratia/protocol/problems";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Database } from "../db/database.ts";
import type { Tx } from "../db/transaction.ts";
import { dependencyFact, insertDependency, type NewEdge } from "../dependencies/insert-dependency.ts";
import type { AssignedTask } from "../matching/assigned-task.ts";
import { assignLocked } from "../tasks/assign-task.ts";
import { afterCommit, type Engine } from "../tasks/engine.ts";
import { insertTask, takeNumbers } from "../tasks/insert-task.ts";
import { inProject } from "../tasks/move.ts";
import { resolveTaskRef } from "../tasks/task-ref.ts";
import { lockServers, lockTask, lockTasks, type Places } from "../tasks/task-row.ts";
import { inspectSpec } from "../tasks/write-spec.ts";

export interface CreatedPipeline {
  taskIds: string[];
  idMap: Record<string, string>;
  warnings: string[];
}

type Reference = string | number;

/** Ends the transaction of a dry run: everything was tried, nothing is kept. */
class DryRun extends Error {
  readonly made: Made;
  constructor(made: Made) {
    super("a dry run keeps nothing");
    this.made = made;
  }
}

interface Made {
  places: Places;
  ready: AssignedTask[];
  warnings: string[];
}

/**
 * Creates the tasks of a file and their dependencies in one transaction, forward references allowed, all or nothing.
 * With `dry_run` the same is tried and nothing is kept. Throws `pipeline_invalid`, `dependency_cycle` in the file's own
 * words, `session_not_found` for an unknown `assign`, and what an edge can be refused for.
 */
export async function createPipeline(
  engine: Engine,
  caller: Caller,
  projectId: ProjectId,
  pipeline: NewPipeline,
): Promise<CreatedPipeline> {
  const ids = pipeline.tasks.map(() => randomUUID() as string);
  const warnings: string[] = [];
  for (const task of pipeline.tasks) warnings.push(...(await inspectSpec(engine.schemas, task.structured_spec)));
  const edges = await resolveEdges(engine.database, projectId, pipeline, ids);
  refuseCircle(pipeline, ids, edges);
  const made = await inProject(engine, projectId, async (tx) => {
    const tried = await make(tx, caller, projectId, { tasks: pipeline.tasks, ids, edges });
    if (pipeline.dry_run) throw new DryRun(tried);
    return tried;
  }).catch((error: unknown) => {
    if (error instanceof DryRun) return error.made;
    throw error;
  });
  if (!pipeline.dry_run) afterCommit(engine, { projectId, ...made, placeable: true });
  const idMap = Object.fromEntries(pipeline.tasks.map((task, at) => [task.id ?? String(at), ids[at] as string]));
  return { taskIds: ids, idMap, warnings: [...warnings, ...made.warnings] };
}

interface Plan {
  tasks: PipelineTask[];
  ids: string[];
  edges: NewEdge[];
}

async function make(tx: Tx, caller: Caller, projectId: ProjectId, { tasks, ids, edges }: Plan): Promise<Made> {
  // What is there already is locked at once: tasks in the order of their ids, then servers.
  await lockTasks(
    tx,
    edges.map(({ upstreamId }) => upstreamId),
  );
  const sessions = tasks.map(({ assign }) => assign ?? null);
  await lockServers(tx, await serversOf(tx, projectId, sessions));
  const numbers = await takeNumbers(tx, projectId, tasks.length);
  const sourceSessionId = caller.kind === "session" ? caller.id : null;
  for (const [at, task] of tasks.entries()) {
    const place = { id: ids[at] as string, projectId, parentId: null, sourceSessionId, eligibleInSeconds: 0 };
    await insertTask(tx, caller, taskOf(task), place, { key: numbers.key, number: numbers.first + at });
  }
  const made: Made = { places: [], ready: [], warnings: [] };
  for (const edge of edges) {
    const inserted = await insertDependency(tx, edge, (from, to) =>
      dependencyFact("dependency.added", from, to, edge, actorOf(caller)),
    );
    made.places.push(...inserted.places);
    made.warnings.push(...inserted.warnings);
  }
  for (const [at, session_name] of sessions.entries()) {
    if (session_name === null) continue;
    const assigned = await assignLocked(tx, caller, await lockTask(tx, ids[at] as string), { session_name });
    made.places.push(...assigned.places);
    made.ready.push(...assigned.ready);
  }
  return made;
}

async function serversOf(tx: Tx, projectId: ProjectId, sessions: (string | null)[]): Promise<string[]> {
  const rows = await tx.query<{ server_id: string }>(
    "select distinct server_id from sessions where project_id = $1 and lower(name) = any($2)",
    [projectId, sessions.flatMap((name) => name?.toLowerCase() ?? [])],
  );
  return rows.map(({ server_id }) => server_id);
}

const taskOf = (task: PipelineTask) => ({
  ...task,
  target_repo: task.target_repo ?? task.repo,
  target_branch: task.target_branch ?? task.branch,
  auto_assign: task.assign ? false : task.auto_assign,
});

async function resolveEdges(
  database: Database,
  projectId: ProjectId,
  { tasks }: NewPipeline,
  ids: string[],
): Promise<NewEdge[]> {
  const byName = new Map(
    tasks.flatMap((task, at) => (task.id === undefined ? [] : [[task.id, ids[at] as string] as const])),
  );
  if (byName.size !== tasks.filter((task) => task.id !== undefined).length) {
    throw new Problem("pipeline_invalid", "Two tasks of the file have one id.");
  }
  const resolve = async (reference: Reference): Promise<string> => {
    const named = byName.get(String(reference)) ?? ids[Number(reference)];
    if (named !== undefined) return named;
    return resolveTaskRef(database, projectId, String(reference));
  };
  const edges: NewEdge[] = [];
  for (const [at, task] of tasks.entries()) {
    for (const dependency of task.depends_on) {
      const given =
        typeof dependency === "object" ? dependency : { task: dependency, dependency_type: "blocks" as const };
      edges.push({
        taskId: ids[at] as string,
        upstreamId: await resolve(given.task),
        type: given.dependency_type,
        contractKey: ("contract_key" in given ? given.contract_key : undefined) ?? null,
        alias: ("alias" in given ? given.alias : undefined) ?? null,
      });
    }
  }
  return edges;
}

/** Said in the file's own words, before anything is written. */
function refuseCircle({ tasks }: NewPipeline, ids: string[], edges: NewEdge[]): void {
  const graph = edges.map(({ taskId, upstreamId, type }) => ({ taskId, dependsOn: upstreamId, type }));
  for (const [at, edge] of graph.entries()) {
    const cycle = findCycle(graph.slice(0, at), edge);
    if (!cycle) continue;
    const path = cycle.map((id) => tasks[ids.indexOf(id)]?.title ?? id);
    throw new Problem("dependency_cycle", `This would close a circle: ${path.join(" → ")}.`, { path });
  }
}
