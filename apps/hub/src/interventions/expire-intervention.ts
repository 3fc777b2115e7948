import { actorOf, SYSTEM } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { afterCommit, type Engine } from "../tasks/engine.ts";
import { lockTask } from "../tasks/task-row.ts";
import { goOn } from "./worker-answer.ts";

/** One whose time is over, as it was found without a lock. */
export interface Overdue {
  id: string;
  project_id: string;
  task_id: string | null;
}

/** What the worker is told: a missing approval is a denial, a missing answer is none. */
const DENIED = "Denied: nobody answered in time.";
const NO_ANSWER = "No answer: nobody answered in time.";

const EXPIRE = {
  name: "expire_intervention",
  text: `update interventions set status = 'expired', responder = $2, responded_at = now(),
      response = case intervention_type when 'approval' then '${DENIED}' else '${NO_ANSWER}' end,
      delivery = case when raised_by = 'worker' and session_id is not null then 'queued' end
    where id = $1 and status = 'pending' and timeout_at <= now() returning session_id, response`,
};

/** Nobody answered in time. Does nothing when somebody has, in the last moment. */
export async function expireIntervention(engine: Engine, overdue: Overdue): Promise<void> {
  const actor = actorOf(SYSTEM);
  const expired = await transaction(engine.database.pool, async (tx) => {
    // The task first: whoever answers, or goes on without an answer, holds its row too.
    const task = overdue.task_id === null ? undefined : await lockTask(tx, overdue.task_id);
    const [expired] = await tx.query<{ session_id: string | null; response: string }>(EXPIRE, [
      overdue.id,
      JSON.stringify(actor),
    ]);
    if (!expired) return false;
    await record(tx, {
      type: "intervention.expired",
      project_id: overdue.project_id,
      task_id: overdue.task_id,
      session_id: expired.session_id,
      actor,
      details: { intervention_id: overdue.id, response: expired.response },
    });
    if (task) await goOn(tx, SYSTEM, task, "expire");
    return true;
  });
  if (!expired) return;
  afterCommit(engine, { projectId: overdue.project_id });
  engine.delivery.wake();
}
