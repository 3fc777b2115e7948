import { type DependencyEdge, tasksInCircles } from "@orchestratia/domain/dependency-graph";
import type { Sql } from "../db/transaction.ts";

/** What holds unsettled tasks back at present: unresolved edges onto unsettled tasks, and parents' waits for their children. */
const OPEN_WAITS = {
  name: "open_waits",
  text: `select d.task_id as "taskId", d.depends_on_task_id as "dependsOn", d.dependency_type as type
    from task_dependencies d join tasks t on t.id = d.task_id join tasks u on u.id = d.depends_on_task_id
    where not d.resolved and d.dependency_type <> 'related' and ($1::uuid is null or d.project_id = $1)
      and t.status in ('pending', 'assigned') and u.status not in ('done', 'failed', 'cancelled')
    union all
    select p.id, c.id, 'blocks' from tasks p join tasks c on c.parent_id = p.id
    where p.status = 'pending' and (p.type = 'epic' or p.epoch = 0) and ($1::uuid is null or p.project_id = $1)
      and c.status not in ('done', 'failed', 'cancelled')`,
};

/** The tasks of the project (of all projects for null) that wait, by way of others, for themselves. */
export const listTasksInCircles = async (sql: Sql, projectId: string | null): Promise<string[]> =>
  tasksInCircles(await sql.query<DependencyEdge>(OPEN_WAITS, [projectId]));
