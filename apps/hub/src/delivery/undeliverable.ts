/** The hub's own word for a session that has ended, and anybody's about a task that nobody is at work on any more. */
export const FAIL_NOTES = {
  name: "fail_notes",
  text: `update task_notes n set delivery = 'failed' from tasks t
    where n.delivery = 'queued' and t.id = n.task_id and case when n.author ->> 'type' = 'system' and n.session_id is not null
      then exists (select from sessions s where s.id = n.session_id and s.status in ('closed', 'error'))
      else t.status in ('done', 'failed', 'cancelled') or t.status = 'pending' and t.assigned_session_id is null end`,
};

/** While this holds of an intervention `i`, its answer may be typed: behind another task's prompt it would be taken for an order. */
export const ANSWER_IS_AWAITED = `(i.task_id is null or exists (select from tasks t where t.id = i.task_id
    and t.assigned_session_id = i.session_id and t.status in ('planning', 'plan_review', 'running', 'review', 'needs_human')))`;

/** Answers for a session that has ended, or that does not have the task any more. */
export const FAIL_ANSWERS = {
  name: "fail_answers",
  text: `update interventions i set delivery = 'failed' where i.delivery = 'queued' and (not ${ANSWER_IS_AWAITED}
    or exists (select from sessions s where s.id = i.session_id and s.status in ('closed', 'error')))`,
};

/** The agent did not take it, or waits for something else by now. */
export const FAIL_PROMPT_ANSWER = {
  name: "fail_one_prompt_answer",
  text: `update interventions set delivery = 'failed'
    where id = $1 and session_id = $2 and cause = 'agent_waiting' and delivery = 'queued'`,
};

/** What was to be told to a session that has ended. */
export const FAIL_REPORTS = {
  name: "fail_creator_messages",
  text: `update engine.creator_messages m set delivery = 'failed' from sessions s
    where m.delivery = 'queued' and s.id = m.session_id and s.status in ('closed', 'error')`,
};
