import { Problem } from "@orchestratia/protocol/problems";
import { actorOf, type Caller } from "../access/caller.ts";
import { type Tx, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { afterCommit, type Engine } from "../tasks/engine.ts";
import { decide } from "../tasks/move.ts";
import { aboutTask, lockTask, moveDetails, writeTask } from "../tasks/task-row.ts";

interface Asked {
  id: string;
  project_id: string;
  task_id: string | null;
  session_id: string | null;
  raised_by: "worker" | "hub";
  intervention_type: string;
  status: string;
}

/**
 * Answers. A worker's task goes on where it was once none of its questions is left open, and the answer is typed into the
 * session that asked. Throws `intervention_settled`, and `human_only` where an agent may not answer.
 */
export async function respondIntervention(
  engine: Engine,
  caller: Caller,
  interventionId: string,
  response: string,
): Promise<void> {
  const asked = await transaction(engine.database.pool, async (tx) => {
    // The task first: every move that cancels questions holds its row too.
    const [found] = await tx.query<Asked>("select * from interventions where id = $1", [interventionId]);
    if (!found) throw new Problem("intervention_not_found");
    mayAnswer(found, caller);
    const task = found.task_id ? await lockTask(tx, found.task_id) : undefined;
    await answer(tx, found, caller, response);
    await record(tx, {
      type: "intervention.responded",
      project_id: found.project_id,
      task_id: found.task_id,
      session_id: found.session_id,
      actor: actorOf(caller),
      details: { intervention_id: found.id, response },
    });
    if (task?.status === "needs_human" && found.raised_by === "worker") {
      const move = decide(task, "respond", { workerInterventionOpen: await anotherOpen(tx, task.id) });
      if (move.to !== task.status) {
        const fact = { ...aboutTask(task), type: "task.resumed" as const, actor: actorOf(caller) };
        await writeTask(
          tx,
          task,
          { status: move.to, resume_status: null },
          { ...fact, details: moveDetails(task, move.to) },
        );
      }
    }
    return found;
  });
  afterCommit(engine, { projectId: asked.project_id });
  engine.delivery.wake();
}

function mayAnswer(asked: Asked, caller: Caller): void {
  if (caller.kind === "user" || caller.kind === "system") return;
  const orchestrates = caller.kind === "server" || caller.role === "orchestrator";
  if (asked.intervention_type === "question" && asked.raised_by === "worker" && orchestrates) return;
  throw new Problem("human_only", "Only a person may answer this.");
}

async function answer(tx: Tx, asked: Asked, caller: Caller, response: string): Promise<void> {
  const answered = await tx.query(
    `update interventions set status = 'responded', response = $2, responder = $3, responded_at = now(),
       delivered_at = case when raised_by = 'worker' and session_id is not null then null else now() end
     where id = $1 and status = 'pending' returning id`,
    [asked.id, response, JSON.stringify(actorOf(caller))],
  );
  if (answered.length > 0) return;
  const [now] = await tx.query<{ status: string }>("select status from interventions where id = $1", [asked.id]);
  throw new Problem("intervention_settled", `This was ${now?.status ?? "settled"} already.`, {
    current_status: now?.status,
  });
}

async function anotherOpen(tx: Tx, taskId: string): Promise<boolean> {
  const [found] = await tx.query(
    "select from interventions where task_id = $1 and status = 'pending' and raised_by = 'worker' limit 1",
    [taskId],
  );
  return found !== undefined;
}
