import type { DependencyType } from "@orchestratia/domain/dependency-graph";
import type { Requirements } from "@orchestratia/domain/matching";
import type { TaskPriority, TaskStatus } from "@orchestratia/domain/task-lifecycle";
import type { Completion } from "@orchestratia/protocol/tasks";
import { givenIds } from "../db/given-ids.ts";
import type { Sql } from "../db/transaction.ts";
import type { Movable } from "./open-moves.ts";

/** A task that waits for the one being completed. */
export interface WaitingTask {
  task_id: string;
  type: DependencyType;
  contract_key: string | null;
  status: TaskStatus;
  version: number;
  blockers: number;
  auto_assign: boolean;
  priority: TaskPriority;
  eligible_at: string;
  requirements: Requirements;
  tried_servers: string[];
}

/** All that a completion is judged on, read at once. It holds as long as the task's version does. */
export interface CompletionPicture extends Movable {
  id: string;
  project_id: string;
  title: string;
  version: number;
  epoch: number;
  close_session_on_settle: boolean;
  is_delivered: boolean;
  expected_output: unknown;
  review_required: boolean;
  verify_commands: string[];
  own_checkout: boolean;
  /** What lies in review: the delivery that an approval accepts. */
  submitted: Completion | null;
  dependents: WaitingTask[];
}

const READ = {
  name: "completion_pictures",
  text: `select t.id, t.project_id, t.key, t.title, t.status::text as status, t.resume_status::text as resume_status,
      t.version, t.epoch, t.blockers, t.assigned_server_id, t.assigned_session_id, t.source_session_id,
      t.structured_spec -> 'expected_output' as expected_output, t.delivered_at is not null as is_delivered,
      coalesce(t.require_review, (p.settings ->> 'require_review')::boolean, false) as review_required,
      coalesce((p.settings ->> 'orchestrator_may_approve')::boolean, false) as orchestrator_may_approve,
      coalesce(p.settings -> 'verify_commands', '[]') as verify_commands,
      exists (select from engine.checkouts c where c.task_id = t.id and c.branch is not null) as own_checkout,
      coalesce((p.settings ->> 'close_session_on_settle')::boolean, false) as close_session_on_settle,
      case when t.status = 'review' then jsonb_build_object('result', t.result, 'git_diff_stats', t.git_diff_stats,
        'allow_partial', t.contract_status = 'partial') end as submitted,
      t.type = 'epic' or t.epoch = 0 and exists (select from tasks child where child.parent_id = t.id) as is_container,
      l.session_id as holder_session_id, l.server_id as holder_server_id,
      l.id is not null and l.closed_at is null as lease_open, l.close_reason, coalesce(d.list, '[]') as dependents
    from tasks t join projects p on p.id = t.project_id
      left join lateral (
        select * from engine.leases where task_id = t.id order by epoch desc limit 1
      ) as l on true
      left join lateral (
        select jsonb_agg(jsonb_build_object('task_id', d.task_id, 'type', d.dependency_type,
          'contract_key', d.contract_key, 'status', w.status, 'blockers', w.blockers, 'auto_assign', w.auto_assign, 'priority', w.priority, 'eligible_at', w.eligible_at,
          'version', w.version, 'requirements', w.requirements, 'tried_servers', w.tried_servers)) as list
        from task_dependencies d join tasks w on w.id = d.task_id
        where d.depends_on_task_id = t.id and not d.resolved and d.dependency_type <> 'related'
      ) as d on true
    where t.id = any(${givenIds(1)})`,
};

export async function readPictures(sql: Sql, ids: readonly string[]): Promise<Map<string, CompletionPicture>> {
  const rows = await sql.query<CompletionPicture>(READ, [ids]);
  return new Map(rows.map((row) => [row.id, row]));
}
