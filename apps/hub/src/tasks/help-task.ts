import { Problem } from "@orchestratia/protocol/problems";
import type { HelpRequest } from "@orchestratia/protocol/tasks";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { afterCommit, type Engine } from "./engine.ts";
import { decide, onTask } from "./move.ts";
import { aboutTask, moveDetails, sql, type TaskRow, writeTask } from "./task-row.ts";
import { refuseStale, workerOf } from "./worker.ts";

/** The worker asks a person (or, with a `question`, an orchestrator); the task waits in needs_human. */
export async function helpTask(
  engine: Engine,
  caller: Caller,
  taskId: string,
  request: HelpRequest,
): Promise<{ intervention_id: string; status: "pending" }> {
  const asked = await onTask(engine, taskId, async (tx, task) => {
    refuseStale(task, caller);
    const move = decide(task, "help", {}, caller);
    const session = workerOf(task, caller);
    const [intervention] = await tx.query<{ id: string }>(
      `insert into interventions (project_id, task_id, session_id, raised_by, intervention_type, question, context,
         options, urgency, timeout_at, target_session_id)
       values ($1, $2, $3, 'worker', $4, $5, $6, $7, $8, now() + make_interval(secs => $9), $10) returning id`,
      [
        task.project_id,
        task.id,
        session,
        request.intervention_type,
        request.question,
        request.context ?? null,
        optionsOf(request),
        urgencyOf(request.urgency),
        request.timeout_seconds ?? null,
        await targetOf(tx, task, request.target_session_id),
      ],
    );
    const interventionId = (intervention as { id: string }).id;
    await writeTask(
      tx,
      task,
      {
        status: "needs_human",
        resume_status: move.resumeStatus,
        started_at: sql("coalesce(started_at, now())"),
      },
      {
        ...aboutTask(task),
        type: "task.help_requested",
        session_id: session,
        actor: actorOf(caller),
        details: { ...moveDetails(task, "needs_human"), intervention_id: interventionId, question: request.question },
      },
    );
    return { task, interventionId };
  });
  afterCommit(engine, { projectId: asked.task.project_id });
  engine.delivery.wake();
  return { intervention_id: asked.interventionId, status: "pending" };
}

const LIVE_SESSION = {
  name: "live_session_of_project",
  text: `select id from sessions where project_id = $1 and id::text = $2
    and status in ('starting', 'active', 'disconnected', 'lost')`,
};

/** Version 1 clients send "" for nobody in particular. */
async function targetOf(tx: Tx, task: TaskRow, asked: string | null | undefined): Promise<string | null> {
  if (!asked) return null;
  const [session] = await tx.query<{ id: string }>(LIVE_SESSION, [task.project_id, asked.toLowerCase()]);
  if (!session) throw new Problem("session_not_found", `No live session of this project has the id ${asked}.`);
  return session.id;
}

/** An approval always has something to choose from. */
function optionsOf({ intervention_type, options = [] }: HelpRequest): readonly string[] {
  return intervention_type === "approval" && options.length === 0 ? ["Approve", "Deny"] : options;
}

const urgencyOf = (said: string | undefined): string => (said === "low" || said === "high" ? said : "normal");
