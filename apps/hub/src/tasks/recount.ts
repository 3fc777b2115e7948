import { deliveredContracts, resolvedInputsFrom } from "@orchestratia/domain/contracts";
import { type DependencyType, isGating, isResolvedBy } from "@orchestratia/domain/dependency-graph";
import type { TaskStatus } from "@orchestratia/domain/task-lifecycle";
import type { Tx } from "../db/transaction.ts";
import { json, type TaskColumns, type TaskRow } from "./task-row.ts";

interface EdgeRow {
  id: string;
  dependsOn: string;
  upstreamKey: string;
  type: DependencyType;
  contractKey: string | null;
  alias: string | null;
  resolved: boolean;
  status: TaskStatus;
  is_partial: boolean;
  result: unknown;
}

const EDGES = {
  name: "edges_to_recount",
  text: `select d.id, d.depends_on_task_id as "dependsOn", up.key as "upstreamKey", d.dependency_type as type,
      d.contract_key as "contractKey", d.alias, d.resolved, up.status::text as status,
      up.contract_status = 'partial' as is_partial,
      case when d.dependency_type = 'input' and up.status = 'done' then up.result end as result
    from task_dependencies d join tasks up on up.id = d.depends_on_task_id
    where d.task_id = $1 order by up.number`,
};
const TURN = {
  name: "turn_edges",
  text: `update task_dependencies set resolved = not resolved, resolved_at = case when not resolved then now() end
    where id = any($1::uuid[]) returning depends_on_task_id`,
};
/** What is demanded of an unsettled upstream's result is more now than what a judgement under way went by. */
const RAISE = {
  name: "raise_upstream_versions",
  text: `update tasks set version = version + 1, updated_at = now()
    where id = any($1::uuid[]) and status not in ('done', 'failed', 'cancelled')`,
};

/**
 * What a task waits for and is handed, from where its upstreams stand at present: resolves and un-resolves its edges and
 * answers the columns to write with them. The order among siblings is kept elsewhere and counted as it is. The caller
 * holds the project's lock and the task's row.
 */
export async function recount(tx: Tx, task: Pick<TaskRow, "id">): Promise<TaskColumns> {
  const edges = await tx.query<EdgeRow>(EDGES, [task.id]);
  const delivered = new Map(edges.map((edge) => [edge.dependsOn, deliveredContracts(edge.result)]));
  const now = edges.map((edge) => ({ ...edge, resolved: isResolved(edge, delivered.get(edge.dependsOn) ?? {}) }));
  const turned = edges.filter(({ resolved }, at) => resolved !== now[at]?.resolved);
  if (turned.length > 0) {
    await tx.query(TURN, [turned.map(({ id }) => id)]);
    await tx.query(RAISE, [turned.map(({ dependsOn }) => dependsOn)]);
  }
  return {
    blockers: now.filter(({ type, resolved }) => isGating(type) && !resolved).length,
    resolved_inputs: json(resolvedInputsFrom(now, delivered)),
  };
}

function isResolved(edge: EdgeRow, delivered: Record<string, unknown>): boolean {
  if (edge.type === "order") return edge.resolved;
  // A partial completion left the edges open on what was missing or not valid, and the others resolved.
  if (edge.status === "done" && edge.is_partial) return edge.resolved;
  return isResolvedBy(edge, { status: edge.status, delivered });
}
