import { randomUUID } from "node:crypto";
import { findCycle } from "@orchestratia/domain/dependency-graph";
import type { NewPipeline } from "@orchestratia/protocol/pipelines";
import { Problem } from "@orchestratia/protocol/problems";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import type { Database } from "../db/database.ts";
import type { NewEdge } from "../dependencies/insert-dependency.ts";
import { resolveTaskRef } from "../tasks/task-ref.ts";
import { type Entry, entryProblem, inEntry } from "./entry-problem.ts";

type Reference = string | number;

/** A file with ids wherever it refers to a task of its own or to one that exists. */
export interface ResolvedPipeline {
  /** The new tasks' ids, in the file's order. */
  ids: string[];
  /** By the file's order: the parent's id. */
  parents: (string | null)[];
  edges: (NewEdge & { entry: Entry })[];
}

/**
 * Throws `pipeline_invalid` for an id that is given twice or a task below itself, `task_not_found` and `task_ambiguous` for
 * a reference to nobody, and `dependency_cycle` in the file's own words.
 */
export async function resolvePipeline(
  database: Pick<Database, "sql">,
  projectId: ProjectId,
  pipeline: NewPipeline,
): Promise<ResolvedPipeline> {
  const { tasks } = pipeline;
  const ids = tasks.map(() => randomUUID() as string);
  const indexOf = namesOf(pipeline);
  const resolve = (reference: Reference, entry: Entry): Promise<string> =>
    inEntry(entry, async () => {
      const own = ids[indexOf.get(String(reference)) ?? (/^\d{1,3}$/.test(String(reference)) ? Number(reference) : -1)];
      return own ?? resolveTaskRef(database, projectId, String(reference));
    });
  const parents: (string | null)[] = [];
  const edges: ResolvedPipeline["edges"] = [];
  for (const [index, { id, parent, depends_on }] of tasks.entries()) {
    const given = parent !== undefined && parent !== null;
    parents.push(given ? await resolve(parent, { index, id, field: "parent" }) : null);
    for (const [at, dependency] of depends_on.entries()) {
      const entry = { index, id, field: `depends_on[${at}]` };
      const asked = typeof dependency === "object" ? dependency : { task: dependency };
      edges.push({
        taskId: ids[index] as string,
        upstreamId: await resolve(asked.task, entry),
        type: "dependency_type" in asked ? asked.dependency_type : "blocks",
        contractKey: ("contract_key" in asked ? asked.contract_key : undefined) ?? null,
        alias: ("alias" in asked ? asked.alias : undefined) ?? null,
        entry,
      });
    }
  }
  refuseOwnDescent(pipeline, ids, parents);
  refuseCircle(pipeline, ids, edges);
  return { ids, parents, edges };
}

function namesOf({ tasks }: NewPipeline): Map<string, number> {
  const indexOf = new Map<string, number>();
  for (const [index, { id }] of tasks.entries()) {
    if (id === undefined) continue;
    const first = indexOf.get(id);
    if (first !== undefined) {
      const twice = new Problem("pipeline_invalid", `tasks[${first}] has this id already.`);
      throw entryProblem({ index, id, field: "id" }, twice);
    }
    indexOf.set(id, index);
  }
  return indexOf;
}

function refuseOwnDescent({ tasks }: NewPipeline, ids: string[], parents: (string | null)[]): void {
  for (const [index, task] of tasks.entries()) {
    let at = ids.indexOf(parents[index] ?? "");
    for (let steps = 0; at >= 0 && steps <= tasks.length; steps++) {
      if (at === index) {
        const below = new Problem("pipeline_invalid", "A task cannot be below itself.");
        throw entryProblem({ index, id: task.id, field: "parent" }, below);
      }
      at = ids.indexOf(parents[at] ?? "");
    }
  }
}

/** Said in the file's own words, before anything is written. */
function refuseCircle({ tasks }: NewPipeline, ids: string[], edges: ResolvedPipeline["edges"]): void {
  const graph = edges.map(({ taskId, upstreamId, type }) => ({ taskId, dependsOn: upstreamId, type }));
  for (const [at, edge] of graph.entries()) {
    const cycle = findCycle(graph.slice(0, at), edge);
    if (!cycle) continue;
    const path = cycle.map((id) => tasks[ids.indexOf(id)]?.title ?? id);
    const circle = new Problem("dependency_cycle", `This would close a circle: ${path.join(" → ")}.`, { path });
    throw entryProblem((edges[at] as (typeof edges)[number]).entry, circle);
  }
}
