import type { Actor } from "@orchestratia/protocol/vocabulary";
import { actorOf, SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { record } from "../events/activity.ts";

/** Something that the hub cannot decide by itself. */
export interface HubQuestion {
  project_id: string;
  task_id: string;
  session_id?: string | null;
  /** What it is about, `<kind>` or `<kind>:<id>`: the kind says in `hub-choices.ts` what each answer does. */
  cause: string;
  question: string;
  options: readonly string[];
  urgency?: "low" | "normal" | "high";
  context?: string | null;
}

const RAISE = {
  name: "raise_hub_question",
  text: `insert into interventions (project_id, task_id, session_id, raised_by, intervention_type, cause, question,
      options, urgency, context)
    values ($1, $2, $3, 'hub', 'question', $4, $5, $6, $7, $8) on conflict do nothing returning id`,
};

/** A cause ending in ":" means every cause that begins so. */
const WITHDRAW = {
  name: "withdraw_hub_questions",
  text: `update interventions i set status = 'cancelled', responded_at = now()
    where i.task_id = $1 and i.status = 'pending' and i.raised_by = 'hub' and exists (
      select from unnest($2::text[]) as given(cause)
      where i.cause = given.cause or right(given.cause, 1) = ':' and starts_with(i.cause, given.cause))
    returning i.id, i.cause`,
};

/**
 * Asks people what shall become of a task; the task's status stays as it is. At most one question of a cause is open for
 * a task: undefined when there is one.
 */
export async function raiseHubQuestion(tx: Tx, question: HubQuestion): Promise<string | undefined> {
  const [raised] = await tx.query<{ id: string }>(RAISE, [
    question.project_id,
    question.task_id,
    question.session_id ?? null,
    question.cause,
    question.question,
    question.options,
    question.urgency ?? "normal",
    question.context ?? null,
  ]);
  if (!raised) return undefined;
  await record(tx, {
    type: "intervention.raised",
    project_id: question.project_id,
    task_id: question.task_id,
    session_id: question.session_id ?? null,
    actor: actorOf(SYSTEM),
    details: { intervention_id: raised.id, question: question.question, cause: question.cause },
  });
  return raised.id;
}

/** Takes back what the hub asked about the task once its cause is gone: exact causes, or beginnings that end in ":". */
export async function withdrawHubQuestions(
  tx: Tx,
  task: { id: string; project_id: string },
  causes: readonly string[],
  actor: Actor,
): Promise<void> {
  const withdrawn = await tx.query<{ id: string; cause: string }>(WITHDRAW, [task.id, causes]);
  for (const { id, cause } of withdrawn) {
    await record(tx, {
      type: "intervention.cancelled",
      project_id: task.project_id,
      task_id: task.id,
      actor,
      details: { intervention_id: id, cause },
    });
  }
}
