import type pg from "pg";
import { actorOf, SYSTEM } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { ASSIGNED_TASK_COLUMNS, type AssignedTask } from "./assigned-task.ts";

export interface Pick {
  task_id: string;
  /** On which the choice was made. */
  version: number;
  server_id: string;
}

const LOCK_TASKS = {
  name: "place_lock_tasks",
  text: "select id from tasks where id = any($1::uuid[]) order by id for update",
};
const LOCK_SERVERS = {
  name: "place_lock_servers",
  text: "select id from servers where id = any($1::uuid[]) order by id for update",
};

/** Picks are given in order: where a server has fewer places than picks, the first ones get them. */
const PLACE = {
  name: "place_tasks",
  text: `with pick as (
      select task_id, version, server_id, ordinality as place
      from rows from (jsonb_to_recordset($1::jsonb) as (task_id uuid, version int, server_id uuid)) with ordinality
    ), placeable as (
      select t.id, pick.server_id, row_number() over (partition by pick.server_id order by pick.place) as nth
      from pick join tasks t on t.id = pick.task_id and t.version = pick.version
      where t.status = 'pending' and t.blockers = 0 and t.auto_assign and t.eligible_at <= now() and t.type <> 'epic'
        and not (t.epoch = 0 and exists (select from tasks child where child.parent_id = t.id))
    ), placed as (
      select placeable.id, placeable.server_id, s.name as server_name
      from placeable join servers s on s.id = placeable.server_id
      where s.active_tasks + placeable.nth <= s.max_concurrent and s.status = 'online' and not s.draining
    ), moved as (
      update tasks t set status = 'assigned', status_reason = null, assigned_server_id = placed.server_id,
        placed_by_matcher = true, delivered_at = null, deliveries = 0, version = t.version + 1, updated_at = now()
      from placed where t.id = placed.id
      returning ${ASSIGNED_TASK_COLUMNS}, placed.server_name
    ), counted as (
      update servers s set active_tasks = s.active_tasks + taken.tasks, last_assigned_at = clock_timestamp()
      from (select server_id, count(*)::int as tasks from placed group by server_id) as taken
      where s.id = taken.server_id
    ), recorded as (
      insert into activity_log (event_type, project_id, task_id, server_id, actor, details)
      select 'task.assigned', project_id, id, assigned_server_id, $2::jsonb, jsonb_build_object('from', 'pending',
        'to', 'assigned', 'key', key, 'title', title, 'server_id', assigned_server_id, 'server_name', server_name,
        'by_matcher', true)
      from moved
    )
    select * from moved`,
};

/**
 * The matcher's claim: each pick holds only if the task is still as it was when its server was chosen and the server
 * still has a place, both under lock.
 * Answers the tasks that were placed.
 */
export function placeTasks(pool: pg.Pool, picks: readonly Pick[]): Promise<AssignedTask[]> {
  const actor = JSON.stringify({ ...actorOf(SYSTEM), name: "matcher" });
  return transaction(pool, async (tx) => {
    await tx.query(LOCK_TASKS, [picks.map((pick) => pick.task_id)]);
    await tx.query(LOCK_SERVERS, [[...new Set(picks.map((pick) => pick.server_id))]]);
    return tx.query<AssignedTask>(PLACE, [JSON.stringify(picks), actor]);
  });
}
