import { leaseStatuses } from "@orchestratia/domain/task-lifecycle";
import type { Sql } from "../db/transaction.ts";

/** A stored counter that does not say what the rows say. */
export interface CounterDifference {
  counter: "tasks.blockers" | "servers.active_tasks";
  /** Of the task or the server. */
  id: string;
  stored: number;
  counted: number;
}

const DIFFERENCES = {
  name: "counter_differences",
  text: `with counted as (
      select 'tasks.blockers' as counter, t.id, t.blockers as stored, (
        select count(*)::int from task_dependencies d
        where d.task_id = t.id and not d.resolved and d.dependency_type <> 'related') as counted
      from tasks t
      union all
      select 'servers.active_tasks', s.id, s.active_tasks, (
        select count(*)::int from tasks t
        where t.assigned_server_id = s.id
          and (t.status = any($1::task_status[]) or t.status = 'assigned' and t.blockers = 0))
      from servers s
    )
    select * from counted where stored <> counted order by counter, id`,
};

/** Every counter that has left its rows; none should, ever. */
export function listCounterDifferences(sql: Sql): Promise<CounterDifference[]> {
  return sql.query<CounterDifference>(DIFFERENCES, [leaseStatuses]);
}
