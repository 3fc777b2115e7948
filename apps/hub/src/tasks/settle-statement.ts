import { AGEING_MS } from "@orchestratia/domain/pending-queue";
import { ASSIGNED_TASK_COLUMNS, type AssignedTask } from "../matching/assigned-task.ts";

/** One task that is to be settled as done, judged on a picture of version `version`. */
export interface DoneEntry {
  id: string;
  version: number;
  /** The server that gets a place back, if the task took one. */
  freed_server_id: string | null;
  result: unknown;
  git_diff_stats: unknown;
  contract_status: string;
  /** The contract values that dependents may receive. */
  delivered: Record<string, unknown>;
  /** Required keys that are missing or invalid (a partial completion): input edges on them stay open. */
  open_keys: string[];
  /** What is odd about the contracts, in words. */
  warnings: string[];
  session_id: string | null;
  /** Was told of the task after it had been taken from `session_id`, and has not begun it. */
  forestalled_session_id: string | null;
  actor: unknown;
  details: unknown;
}

/** Where the matcher's picture would put a task, should this settle unblock it; in the order in which they are to get places. */
export interface WantedPlace {
  task_id: string;
  /** On which the place was chosen. */
  version: number;
  server_id: string;
}

/** Waiting so long is worth a level of priority, here as in the matcher's order. */
const AGEING = `interval '${AGEING_MS} milliseconds'`;

export type SettleRow =
  | { kind: "done"; id: string; version: number; task: null }
  | { kind: "ready"; id: string; version: number; task: AssignedTask & { placed: boolean } };

/** The dependents' rows are locked too: their counters change, and an assignment may be on its way to them. */
export const LOCK_FAMILY = {
  name: "settle_lock_family",
  text: `select id from tasks where id = any(array(
      select unnest($1::uuid[])
      union select task_id from task_dependencies where depends_on_task_id = any($1::uuid[]) and not resolved
    )) order by id for update`,
};

/** Servers that give or get a place; those of dependents that were assigned while blocked take one now. */
export const LOCK_SERVERS = {
  name: "settle_lock_servers",
  text: `select id from servers where id = any(array(
      select unnest($1::uuid[])
      union select t.assigned_server_id from task_dependencies d join tasks t on t.id = d.task_id
      where d.depends_on_task_id = any($2::uuid[]) and not d.resolved and t.status = 'assigned'
    )) order by id for update`,
};

/**
 * The whole cascade of a batch of completions in one statement: settle, close the leases, resolve the edges, hand over
 * the inputs, unblock, choose servers for what is unblocked, count the places, record the facts.
 *
 * An entry holds only if its task still has the version on which it was judged: whatever could change the judgement
 * (status, holder, contracts, edges) raises the version. No task of the batch may depend on another of it.
 */
export const SETTLE_DONE = {
  name: "settle_done",
  text: `with given as (
      select * from jsonb_to_recordset($1::jsonb) as given(id uuid, version int, freed_server_id uuid, result jsonb,
        git_diff_stats jsonb, contract_status text, delivered jsonb, open_keys jsonb, warnings jsonb,
        session_id uuid, actor jsonb, details jsonb)
    ), wanted as (
      select task_id, version, server_id, ordinality as place
      from rows from (jsonb_to_recordset($2::jsonb) as (task_id uuid, version int, server_id uuid)) with ordinality
    ), settled as (
      update tasks t set status = 'done', status_reason = null, resume_status = null, result = given.result,
        git_diff_stats = given.git_diff_stats, contract_status = given.contract_status, completed_at = now(),
        version = t.version + 1, updated_at = now()
      from given where t.id = given.id and t.version = given.version
      returning t.id, t.project_id, t.key, t.version, given.freed_server_id, given.delivered, given.open_keys,
        given.warnings, given.session_id, given.actor, given.details
    ), leases_closed as (
      update engine.leases l set closed_at = now(), close_reason = 'done'
      from settled where l.task_id = settled.id and l.closed_at is null
    ), questions_cancelled as (
      update interventions i set status = 'cancelled', responded_at = now()
      from settled where i.task_id = settled.id and i.status = 'pending'
      returning i.id, i.project_id, i.task_id
    ), answers_dropped as (
      update interventions i set delivery = 'failed'
      from settled where i.task_id = settled.id and i.delivery = 'queued'
    ), resolved as (
      update task_dependencies d set resolved = true, resolved_at = now()
      from settled
      where d.depends_on_task_id = settled.id and not d.resolved and d.dependency_type <> 'related'
        and not (d.dependency_type = 'input' and d.contract_key is not null and settled.open_keys ? d.contract_key)
      returning d.task_id, d.dependency_type, d.contract_key, d.alias, settled.id as upstream_id
    ), missed as (
      insert into interventions (project_id, task_id, raised_by, intervention_type, question, options, cause)
      select d.project_id, d.task_id, 'hub', 'question',
        format('%s is done but did not deliver "%s", which this task needs. Drop the dependency or cancel this task.',
          settled.key, d.contract_key),
        array['Drop the dependency', 'Cancel this task'], 'input_missing:' || d.id
      from task_dependencies d join settled on settled.id = d.depends_on_task_id
        join tasks t on t.id = d.task_id and t.status in ('pending', 'assigned')
      where not d.resolved and d.dependency_type = 'input' and settled.open_keys ? d.contract_key
      on conflict do nothing
      returning id, project_id, task_id, question
    ), handed as (
      select resolved.task_id, count(*)::int as edges, coalesce(jsonb_object_agg(
          coalesce(resolved.alias, resolved.contract_key, settled.key),
          case when resolved.contract_key is null then settled.delivered
            else settled.delivered -> resolved.contract_key end
        ) filter (where resolved.dependency_type = 'input'), '{}'::jsonb) as inputs
      from resolved join settled on settled.id = resolved.upstream_id
      group by resolved.task_id
    ), freed as (
      select freed_server_id as server_id, count(*)::int as places from settled
      where freed_server_id is not null group by freed_server_id
    ), waiting as (
      select t.id, t.status, t.version, t.assigned_server_id, t.blockers = handed.edges as unblocked,
        t.status = 'pending' and t.auto_assign and t.eligible_at <= now() and t.type <> 'epic'
          and not (t.epoch = 0 and exists (select from tasks child where child.parent_id = t.id))
          -- Who waits and comes before it, by priority and age, is to be asked first; then the matcher decides.
          and not exists (
            select from unnest(enum_range(null::task_priority)) with ordinality as level(priority, nth)
              join tasks other on other.project_id = t.project_id and other.status = 'pending' and other.blockers = 0
                and other.auto_assign and other.priority = level.priority and other.eligible_at <= now()
                and other.eligible_at < t.eligible_at
                  + (level.nth - array_position(enum_range(null::task_priority), t.priority)) * ${AGEING}
            where other.type <> 'epic') as placeable
      from handed join tasks t on t.id = handed.task_id
    ), filled as (
      select assigned_server_id as server_id, count(*)::int as places from waiting
      where status = 'assigned' and unblocked group by assigned_server_id
    ), placeable as (
      select waiting.id, wanted.server_id, row_number() over (partition by wanted.server_id order by wanted.place) as nth
      from waiting join wanted on wanted.task_id = waiting.id and wanted.version = waiting.version
      where waiting.unblocked and waiting.placeable
    ), placed as (
      select placeable.id, placeable.server_id, s.name as server_name
      from placeable join servers s on s.id = placeable.server_id
        left join freed on freed.server_id = s.id left join filled on filled.server_id = s.id
      where s.status = 'online' and not s.draining
        and s.active_tasks - coalesce(freed.places, 0) + coalesce(filled.places, 0) + placeable.nth <= s.max_concurrent
    ), moved as (
      update tasks t set blockers = t.blockers - handed.edges, resolved_inputs = t.resolved_inputs || handed.inputs,
        status = case when placed.id is null then t.status else 'assigned' end,
        assigned_server_id = coalesce(placed.server_id, t.assigned_server_id),
        placed_by_matcher = t.placed_by_matcher or placed.id is not null,
        version = t.version + 1, updated_at = now()
      from handed left join placed on placed.id = handed.task_id
      where t.id = handed.task_id
      returning ${ASSIGNED_TASK_COLUMNS}, t.status, t.blockers, placed.id is not null as placed, placed.server_name
    ), counted as (
      update servers s set active_tasks = s.active_tasks + changed.places,
        last_assigned_at = case when changed.assigned then clock_timestamp() else s.last_assigned_at end
      from (
        select server_id, sum(places)::int as places, bool_or(assigned) as assigned from (
          select server_id, -places as places, false as assigned from freed
          union all select server_id, places, false from filled
          union all select server_id, 1, true from placed
        ) as change group by server_id
      ) as changed
      where s.id = changed.server_id
    ), recorded as (
      insert into activity_log (event_type, project_id, task_id, session_id, server_id, actor, details)
      select event_type, project_id, task_id, session_id, server_id, actor, details from (
        select 1 as place, 'task.completed' as event_type, project_id, id as task_id, session_id,
          freed_server_id as server_id, actor, details
        from settled
        union all
        select 2, 'task.contract_warning', project_id, id, null, null, $3::jsonb, jsonb_build_object('message', message)
        from settled, jsonb_array_elements_text(warnings) as message
        union all
        select 3, 'intervention.cancelled', project_id, task_id, null, null, $3::jsonb,
          jsonb_build_object('intervention_id', id)
        from questions_cancelled
        union all
        select 4, 'intervention.raised', project_id, task_id, null, null, $3::jsonb,
          jsonb_build_object('intervention_id', id, 'question', question)
        from missed
        union all
        select 5, 'task.unblocked', project_id, id, null, null, $3::jsonb, jsonb_build_object('key', key)
        from moved where blockers = 0 and status in ('pending', 'assigned')
        union all
        select 6, 'task.assigned', project_id, id, null, assigned_server_id, $3::jsonb, jsonb_build_object(
          'from', 'pending', 'to', 'assigned', 'key', key, 'title', title, 'server_id', assigned_server_id,
          'server_name', server_name, 'by_matcher', true)
        from moved where placed
      ) as fact order by place
    )
    select 'done' as kind, id, version, null::json as task from settled
    union all
    select 'ready', id, version, row_to_json(moved) from moved where status = 'assigned' and blockers = 0`,
};

/** After SETTLE_DONE with the same entries: whoever was told of a task that its earlier worker has finished shall not begin. */
export const TELL_FORESTALLED = {
  name: "tell_forestalled",
  text: `with told as (
      insert into task_notes (project_id, task_id, author, content, urgent, session_id, delivery)
      select t.project_id, t.id, $2::jsonb, format('%s was finished by its earlier worker. Do not begin it.', t.key), true,
        s.id, 'queued'
      from jsonb_to_recordset($1::jsonb) as given(id uuid, version int, forestalled_session_id uuid)
        join tasks t on t.id = given.id and t.version = given.version + 1 and t.status = 'done'
        join sessions s on s.id = given.forestalled_session_id and s.status not in ('closed', 'error')
      returning id, project_id, task_id, content
    )
    insert into activity_log (event_type, project_id, task_id, actor, details)
    select 'note.added', told.project_id, task_id, $2::jsonb,
      jsonb_build_object('content', content, 'urgent', true, 'note_id', told.id, 'key', t.key)
    from told join tasks t on t.id = told.task_id`,
};
