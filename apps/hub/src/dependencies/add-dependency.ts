import { isGating } from "@orchestratia/domain/dependency-graph";
import type { NewDependency } from "@orchestratia/protocol/tasks";
import { actorOf, type Caller } from "../access/caller.ts";
import { afterCommit, type Engine } from "../tasks/engine.ts";
import { inProject, projectOf } from "../tasks/move.ts";
import { dependencyFact, insertDependency } from "./insert-dependency.ts";

/**
 * Lets a task wait for another. Throws `dependency_cycle` naming the way round, `dependency_exists`, `dependency_self`,
 * `dependency_too_late`, `input_name_taken`, `contract_missing`.
 */
export async function addDependency(
  engine: Engine,
  caller: Caller,
  taskId: string,
  dependency: NewDependency,
): Promise<{ dependencyId: string; warnings: string[] }> {
  const projectId = await projectOf(engine, taskId);
  const edge = {
    taskId,
    upstreamId: dependency.depends_on_task_id,
    type: dependency.dependency_type,
    contractKey: dependency.contract_key ?? null,
    alias: dependency.alias ?? null,
  };
  const inserted = await inProject(engine, projectId, (tx) =>
    insertDependency(tx, edge, (task, upstream) =>
      dependencyFact("dependency.added", task, upstream, edge, actorOf(caller)),
    ),
  );
  const { places, resolved } = inserted;
  const blocks = isGating(edge.type) && !resolved;
  // The matcher may have been about to place one of the two as it was before: it looks again.
  afterCommit(engine, { projectId, places, released: blocks ? [taskId] : [], placeable: true });
  return { dependencyId: inserted.id, warnings: inserted.warnings };
}
