import { type DependencyEdge, findCycle } from "@orchestratia/domain/dependency-graph";
import { Problem } from "@orchestratia/protocol/problems";
import type { Sql } from "../db/transaction.ts";

/** A gating edge, or the wait of a parent for one of its children, which no edge says (`id` is null). */
export type Wait = DependencyEdge & { id: string | null };

/** An edge of the hub's own is made anew when it matters again; the others wait again when their upstream is reopened. */
const GATES = "d.dependency_type <> 'related' and (d.dependency_type <> 'order' or not d.resolved)";
/** A parent waits for its child, also for one that is tried again, and is itself tried again. */
const SETTLED_BY = "p.id = c.parent_id and (p.type = 'epic' or p.epoch = 0)";

// What leads to done tasks alone is left out: a new wait begins at a task that is not done, so no circle goes through it.
const WAITS = {
  name: "waits_of_project",
  text: `with recursive open(id) as (
      select id from tasks where project_id = $1 and status <> 'done'
      union
      select waiting.id from open cross join lateral (
        select d.task_id as id from task_dependencies d where d.depends_on_task_id = open.id and ${GATES}
        union all
        select p.id from tasks c join tasks p on ${SETTLED_BY} where c.id = open.id
      ) as waiting
    )
    select d.id, d.task_id as "taskId", d.depends_on_task_id as "dependsOn", d.dependency_type as type
    from open join task_dependencies d on d.depends_on_task_id = open.id and ${GATES}
    union all
    select null, p.id, c.id, 'blocks' from open join tasks c on c.id = open.id join tasks p on ${SETTLED_BY}`,
};

/** Everything in the project that waits for something else in it, or would if done tasks were taken up again. */
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
