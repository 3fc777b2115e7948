import { randomUUID } from "node:crypto";
import { findCycle } from "@orchestratia/domain/dependency-graph";
import type { NewPipeline, PipelineTask } from "@orchestratia/protocol/pipelines";
import { Problem } from "@orchestratia/protocol/problems";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Database } from "../db/database.ts";
import { dependencyFact, insertDependency, type NewEdge } from "../dependencies/insert-dependency.ts";
import type { AssignedTask } from "../matching/assigned-task.ts";
import { assignLocked } from "../tasks/assign-task.ts";
import { afterCommit, type Engine } from "../tasks/engine.ts";
import { insertTask, takeNumbers } from "../tasks/insert-task.ts";
import { inProject } from "../tasks/move.ts";
import { resolveTaskRef } from "../tasks/task-ref.ts";
import { lockTask, type Places } from "../tasks/task-row.ts";
import { inspectSpec } from "../tasks/write-spec.ts";

export interface CreatedPipeline {
  taskIds: string[];
  idMap: Record<string, string>;
  warnings: string[];
}

type Reference = string | number;

/**
 * Creates the tasks of a file and their dependencies in one transaction, forward references allowed, all or nothing.
 * With `dry_run` everything is checked and nothing is written. Throws `pipeline_invalid`, `dependency_cycle`.
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
  const idMap = Object.fromEntries(pipeline.tasks.map((task, at) => [task.id ?? String(at), ids[at] as string]));
  if (pipeline.dry_run) return { taskIds: ids, idMap, warnings };

  const made = await inProject(engine, projectId, async (tx) => {
    const numbers = await takeNumbers(tx, projectId, pipeline.tasks.length);
    for (const [at, task] of pipeline.tasks.entries()) {
      const place = { id: ids[at] as string, projectId, parentId: null, eligibleInSeconds: 0 };
      const sourceSessionId = caller.kind === "session" ? caller.id : null;
      const number = { key: numbers.key, number: numbers.first + at };
      await insertTask(tx, caller, taskOf(task), { ...place, sourceSessionId }, number);
    }
    const changed: Places = [];
    const ready: AssignedTask[] = [];
    for (const edge of edges) {
      const inserted = await insertDependency(tx, edge, (from, to) =>
        dependencyFact("dependency.added", from, to, edge, actorOf(caller)),
      );
      changed.push(...inserted.places);
      warnings.push(...inserted.warnings);
    }
    for (const [at, task] of pipeline.tasks.entries()) {
      if (!task.assign) continue;
      const assigned = await assignLocked(tx, caller, await lockTask(tx, ids[at] as string), {
        session_name: task.assign,
      });
      changed.push(...assigned.places);
      ready.push(...assigned.ready);
    }
    return { places: changed, ready };
  });
  afterCommit(engine, { projectId, ...made, placeable: true });
  return { taskIds: ids, idMap, warnings };
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
