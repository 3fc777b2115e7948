/**
 * The tasks of project `$1` that wait, however far down, for one that failed or was cancelled: what `blocked_by_failed`
 * of an answered task says, for filters. For use as `id in (…)`.
 */
export const BLOCKED_BY_FAILED = `with recursive held(id) as (
    select d.task_id from tasks u join task_dependencies d on d.depends_on_task_id = u.id
      join tasks t on t.id = d.task_id
    where u.project_id = $1 and u.status in ('failed', 'cancelled') and not d.resolved
      and d.dependency_type <> 'related' and t.status not in ('done', 'failed', 'cancelled')
    union
    select d.task_id from held join task_dependencies d on d.depends_on_task_id = held.id
      join tasks t on t.id = d.task_id
    where not d.resolved and d.dependency_type <> 'related' and t.status not in ('done', 'failed', 'cancelled')
  ) select id from held`;
