import type { AgentWait } from "@orchestratia/protocol/agent-wait";
import { actorOf, SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { TOOL_REQUEST } from "../tool-requests/tool-requests.ts";

/** A session whose agent waits. */
export interface WaitingSession {
  id: string;
  name: string;
  projectId: string;
}

/** The cause of what is asked because a session's agent waits for it. */
export const AGENT_WAITING = "agent_waiting";

const WITHDRAW = {
  name: "withdraw_agent_wait",
  text: `update interventions set status = 'cancelled', responded_at = now()
    where session_id = $1 and cause = '${AGENT_WAITING}' and status = 'pending' and question <> $2
    returning id, task_id`,
};
/** What was answered too late for the prompt that it was for. */
const FAIL_ANSWER = {
  name: "fail_prompt_answer",
  text: `update interventions set delivery = 'failed'
    where session_id = $1 and cause = '${AGENT_WAITING}' and delivery = 'queued' and question <> $2`,
};
const RAISE = {
  name: "raise_agent_wait",
  text: `insert into interventions (project_id, task_id, session_id, raised_by, intervention_type, cause, question, options,
      urgency)
    select $1::uuid, (select id from tasks where assigned_session_id = $2::uuid
        and status in ('planning', 'plan_review', 'running', 'review', 'needs_human') order by number limit 1),
      $2::uuid, 'hub', $3::text, '${AGENT_WAITING}', $4::text, $5::text[], 'high'
    where not exists (select from interventions where session_id = $2::uuid and status = 'pending'
      and starts_with(cause, '${TOOL_REQUEST}:'))
    on conflict do nothing returning id, task_id`,
};

/**
 * Puts what an agent waits for to people, unless they are asked about a tool of it anyway, and takes back what it waits for
 * no longer. The end of a usage limit is nobody's to bring about: it is asked about where the project says so.
 */
export async function askForAgent(tx: Tx, session: WaitingSession, wait: AgentWait | null): Promise<void> {
  const question = wait && wait.for !== "usage_limit" ? questionOf(session, wait) : "";
  await tx.query(FAIL_ANSWER, [session.id, question]);
  for (const { id, task_id } of await tx.query<{ id: string; task_id: string | null }>(WITHDRAW, [
    session.id,
    question,
  ])) {
    await record(tx, {
      type: "intervention.cancelled",
      ...about(session, task_id),
      details: { intervention_id: id, cause: AGENT_WAITING },
    });
  }
  if (!wait || question === "") return;
  const type = wait.for === "permission" ? "approval" : "question";
  const [raised] = await tx.query<{ id: string; task_id: string | null }>(RAISE, [
    session.projectId,
    session.id,
    type,
    question,
    wait.options ?? [],
  ]);
  if (!raised) return;
  await record(tx, {
    type: "intervention.raised",
    ...about(session, raised.task_id),
    details: { intervention_id: raised.id, question, cause: AGENT_WAITING },
  });
}

const about = (session: WaitingSession, task_id: string | null) => ({
  project_id: session.projectId,
  session_id: session.id,
  task_id,
  actor: actorOf(SYSTEM),
});

const LEADS = {
  permission: "asks for permission",
  question: "asks",
  login: "has to be signed in",
} as const;

const questionOf = ({ name }: WaitingSession, { for: what, text }: AgentWait): string =>
  what === "usage_limit" ? "" : `${name} ${LEADS[what]}: ${text}`;
