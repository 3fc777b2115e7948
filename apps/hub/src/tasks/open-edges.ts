import { blockedByFailed, type DependencyType } from "@orchestratia/domain/dependency-graph";
import type { TaskStatus } from "@orchestratia/domain/task-lifecycle";
import { givenIds } from "../db/given-ids.ts";
import type { Sql } from "../db/transaction.ts";

interface EdgeRow {
  task_id: string;
  task_status: TaskStatus;
  depends_on_task_id: string;
  depends_on_key: string;
  depends_on_status: TaskStatus;
  dependency_type: DependencyType;
}

export interface Upstream {
  key: string;
  status: TaskStatus;
}

/** What holds tasks back. */
export interface OpenEdges {
  /** By task: what it waits for itself, in the order of creation. */
  upstreams: ReadonlyMap<string, readonly Upstream[]>;
  /** The tasks that wait, however far up, for one that failed or was cancelled. */
  blockedByFailed: ReadonlySet<string>;
}

/** Everything that these tasks wait for, all the way up: each task is met once, however many ways lead to it. */
const OPEN_EDGES = {
  name: "open_edges",
  text: `with recursive held(id) as (
      select unnest(${givenIds(1)})
      union
      select d.depends_on_task_id from held join task_dependencies d on d.task_id = held.id
      where not d.resolved and d.dependency_type <> 'related'
    )
    select d.task_id, t.status::text as task_status, d.dependency_type, d.depends_on_task_id,
      u.key as depends_on_key, u.status::text as depends_on_status
    from held join task_dependencies d on d.task_id = held.id and not d.resolved and d.dependency_type <> 'related'
      join tasks t on t.id = d.task_id join tasks u on u.id = d.depends_on_task_id
    order by u.number`,
};

export async function readOpenEdges(sql: Sql, blocked: readonly string[]): Promise<OpenEdges> {
  const rows = blocked.length === 0 ? [] : await sql.query<EdgeRow>(OPEN_EDGES, [blocked]);
  const statuses = new Map<string, TaskStatus>();
  const upstreams = new Map<string, Upstream[]>();
  for (const row of rows) {
    statuses.set(row.task_id, row.task_status);
    statuses.set(row.depends_on_task_id, row.depends_on_status);
    const known = upstreams.get(row.task_id) ?? [];
    upstreams.set(row.task_id, [...known, { key: row.depends_on_key, status: row.depends_on_status }]);
  }
  const edges = rows.map((row) => ({
    taskId: row.task_id,
    dependsOn: row.depends_on_task_id,
    type: row.dependency_type,
    resolved: false,
  }));
  const tasks = [...statuses].map(([id, status]) => ({ id, status }));
  return { upstreams, blockedByFailed: blockedByFailed(tasks, edges) };
}
