import { type DependencyEdge, findCycle } from "@orchestratia/domain/dependency-graph";
import { Problem } from "@orchestratia/protocol/problems";
import type { Sql } from "../db/transaction.ts";

/** An unresolved gating edge, one that its reopened upstream can open again, or the wait of an epic for one of its children, which no edge says. */
export type Wait = DependencyEdge & { id: string | null };

const WAITS = {
  name: "waits_of_project",
  text: `select d.id, d.task_id as "taskId", d.depends_on_task_id as "dependsOn", d.dependency_type as type
    from task_dependencies d join tasks u on u.id = d.depends_on_task_id
    where d.project_id = $1 and d.dependency_type <> 'related'
      and (not d.resolved or d.dependency_type <> 'order' and u.status <> 'done')
    union all
    select null, p.id, c.id, 'blocks' from tasks p join tasks c on c.parent_id = p.id
    where p.project_id = $1 and p.status not in ('done', 'failed', 'cancelled') and (p.type = 'epic' or p.epoch = 0)
      and c.status not in ('done', 'failed', 'cancelled')`,
};

/** Everything in the project that waits for something else in it. */
export function readWaits(sql: Sql, projectId: string): Promise<Wait[]> {
  return sql.query<Wait>(WAITS, [projectId]);
}

/** Throws `dependency_cycle` naming the way round when one more wait would close a circle. */
export async function refuseCircle(sql: Sql, waits: readonly DependencyEdge[], added: DependencyEdge): Promise<void> {
  const cycle = findCycle(waits, added);
  if (cycle) throw await circle(sql, cycle);
}

/** The refusal in the tasks' keys. */
export async function circle(sql: Sql, cycle: readonly string[]): Promise<Problem> {
  const rows = await sql.query<{ id: string; key: string }>("select id, key from tasks where id = any($1::uuid[])", [
    cycle,
  ]);
  const keyOf = new Map(rows.map(({ id, key }) => [id, key]));
  const path = cycle.map((id) => keyOf.get(id) ?? id);
  return new Problem("dependency_cycle", `This would close a circle: ${path.join(" → ")}.`, { path });
}
