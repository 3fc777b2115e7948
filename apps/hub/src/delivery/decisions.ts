export interface WaitingDecision {
  task_id: string;
  session_id: string;
  feedback: string | null;
  revision: number | null;
  repeated: boolean | null;
}

/** What was decided on a plan. The task's `delivered_at` says whether its worker knows. */
export const DECISIONS = {
  name: "undelivered_decisions",
  text: `select t.id as task_id, t.assigned_session_id as session_id, t.plan_feedback as feedback, r.revision, r.repeated
    from tasks t left join lateral (
        select revision, repeated from engine.plan_revisions where task_id = t.id order by revision desc limit 1) as r on true
    where t.assigned_session_id = any($1::uuid[]) and t.delivered_at is null
      and (t.status = 'running' or t.status = 'planning' and t.plan_feedback is not null)
    order by t.updated_at limit 500`,
};
/** Not if it was told meanwhile. */
export const DECISION_TOLD = {
  name: "mark_decision_told",
  text: `with told as (update tasks set delivered_at = now() where id = $1 and delivered_at is null)
    update engine.plan_revisions set told_at = now() where task_id = $1 and revision = $2`,
};
