/**
 * Sessions that should have been closed with the task that they settled: the hub may have died before it could ask for it.
 * After ten minutes somebody may have gone on in the session, or the project decided on it later.
 */
export const SESSIONS_TO_END = {
  name: "sessions_to_end",
  text: `select s.id from sessions s join projects p on p.id = s.project_id join tasks t on t.id = s.task_id
      join lateral (select * from engine.leases where task_id = t.id order by epoch desc limit 1) as l on l.session_id = s.id
    where s.status = 'active' and coalesce((p.settings ->> 'close_session_on_settle')::boolean, false)
      and t.status in ('done', 'failed', 'cancelled') and l.close_reason in ('done', 'failed', 'ended', 'cancelled')
      and l.closed_at > now() - interval '10 minutes'
      and not exists (select from tasks held where held.assigned_session_id = s.id
        and held.status not in ('done', 'failed', 'cancelled'))`,
};
