import type { Requirements } from "@orchestratia/domain/matching";
import type { Task, TaskSummary } from "@orchestratia/protocol/tasks";
import { WAITS_UNTIL } from "../matching/preferred-wait.ts";
import type { Movable } from "./open-moves.ts";

type Dates = "created_at" | "updated_at" | "started_at" | "completed_at" | "archived_at" | "worker_lost_since";
type Derived = "blocked" | "blocked_by_failed" | "waiting_for";

/** A task as a list reads it, with what its derived members are made from. */
export type SummaryRow = Omit<TaskSummary, Dates | Derived> & {
  number: number;
  created_at: Date;
  updated_at: Date;
  started_at: Date | null;
  worker_lost_since: Date | null;
  completed_at: Date | null;
  archived_at: Date | null;
  eligible_at: Date;
  delivered_at: Date | null;
  blockers: number;
  requirements: Requirements;
  tried_servers: string[];
  /** Until then it waits for the server it prefers. */
  waits_until: Date | null;
  /** It is settled by its children, never assigned itself. */
  is_container: boolean;
};

/** A task as its own page reads it. */
export type DetailRow = SummaryRow &
  Omit<Task, keyof TaskSummary | "eligible_at" | "moves" | "warnings"> &
  Pick<
    Movable,
    | "resume_status"
    | "holder_session_id"
    | "holder_server_id"
    | "lease_open"
    | "close_reason"
    | "orchestrator_may_approve"
  >;

const SUMMARY = `t.id, t.number, t.key, t.project_id, t.title, t.type::text as type, t.priority::text as priority, t.labels,
  t.status::text as status, t.status_reason, t.parent_id, t.position, t.exec_mode, t.auto_assign, t.assigned_server_id,
  server.name as assigned_server_name, t.assigned_session_id, session.name as target_session_name, t.version, t.epoch,
  t.attempt, (select l.lost_since from engine.leases l where l.task_id = t.id and l.closed_at is null)
    as worker_lost_since, t.created_at, t.updated_at, t.started_at, t.completed_at, t.archived_at, t.eligible_at, t.delivered_at, t.blockers,
  t.requirements, t.tried_servers, ${WAITS_UNTIL} as waits_until, t.type = 'epic' or (t.epoch = 0 and exists (select from tasks child where child.parent_id = t.id))
    as is_container,
  (select case when count(*) > 0 then jsonb_build_object('total', count(*),
      'settled', count(*) filter (where child.status in ('done', 'failed', 'cancelled')),
      'done', count(*) filter (where child.status = 'done')) end
    from tasks child where child.parent_id = t.id) as children`;

const PLACES = `left join servers server on server.id = t.assigned_server_id
  left join sessions session on session.id = t.assigned_session_id`;

const EDGE = `'dependency_type', d.dependency_type, 'contract_key', d.contract_key, 'resolved', d.resolved`;

/** Dates inside JSON are text, in the form that every other date on the wire has. */
const NOTE = `'id', note.id, 'task_id', note.task_id, 'content', note.content, 'urgent', note.urgent,
  'author', note.author ->> 'name', 'delivery', note.delivery,
  'created_at', to_char(note.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const RECENT_NOTES = 20;

/** Continue with `where`; a tasks row is `t`. */
export const SELECT_SUMMARIES = `select ${SUMMARY} from tasks t ${PLACES}`;

/** Like SELECT_SUMMARIES. All of a task comes from one statement, so that its parts are of one moment. */
export const SELECT_DETAILS = `select ${SUMMARY}, t.spec, t.structured_spec, t.acceptance_criteria, t.target_repo,
    t.target_branch, t.require_plan, t.require_review, t.resume_status::text as resume_status, t.created_by,
    t.source_session_id, source.name as source_session_name, t.plan, t.plan_feedback, t.result, t.git_diff_stats, t.contract_status,
    t.resolved_inputs, coalesce(upstream.list, '[]') as dependencies, coalesce(downstream.list, '[]') as dependents,
    coalesce(notes.list, '[]') as recent_notes, lease.session_id as holder_session_id,
    lease.server_id as holder_server_id, lease.id is not null and lease.closed_at is null as lease_open,
    lease.close_reason,
    coalesce((project.settings ->> 'orchestrator_may_approve')::boolean, false) as orchestrator_may_approve
  from tasks t ${PLACES}
    join projects project on project.id = t.project_id
    left join lateral (
      select * from engine.leases where task_id = t.id order by epoch desc limit 1
    ) as lease on true
    left join sessions source on source.id = t.source_session_id
    left join lateral (
      select jsonb_agg(jsonb_build_object('id', d.id, 'depends_on_task_id', u.id, 'depends_on_key', u.key,
        'depends_on_title', u.title, 'depends_on_status', u.status, 'alias', d.alias, ${EDGE}) order by u.number) as list
      from task_dependencies d join tasks u on u.id = d.depends_on_task_id where d.task_id = t.id
    ) as upstream on true
    left join lateral (
      select jsonb_agg(jsonb_build_object('task_id', w.id, 'key', w.key, 'title', w.title, 'status', w.status, ${EDGE})
        order by w.number) as list
      from task_dependencies d join tasks w on w.id = d.task_id where d.depends_on_task_id = t.id
    ) as downstream on true
    left join lateral (
      select jsonb_agg(jsonb_build_object(${NOTE}) order by note.id) as list
      from (select * from task_notes where task_id = t.id order by id desc limit ${RECENT_NOTES}) as note
    ) as notes on true`;
