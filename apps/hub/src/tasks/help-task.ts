import type { HelpRequest } from "@orchestratia/protocol/tasks";
import { actorOf, type Caller } from "../access/caller.ts";
import { afterCommit, type Engine } from "./engine.ts";
import { decide, onTask } from "./move.ts";
import { aboutTask, moveDetails, writeTask } from "./task-row.ts";
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
    const move = decide(task, "help");
    const session = workerOf(task, caller);
    const [intervention] = await tx.query<{ id: string }>(
      `insert into interventions (project_id, task_id, session_id, raised_by, intervention_type, question, context,
         options, urgency, timeout_at)
       values ($1, $2, $3, 'worker', $4, $5, $6, $7, $8, now() + make_interval(secs => $9)) returning id`,
      [
        task.project_id,
        task.id,
        session,
        request.intervention_type,
        request.question,
        request.context ?? null,
        request.options ?? [],
        urgencyOf(request.urgency),
        request.timeout_seconds ?? null,
      ],
    );
    const interventionId = (intervention as { id: string }).id;
    await writeTask(
      tx,
      task,
      { status: "needs_human", resume_status: move.resumeStatus },
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
  engine.delivery.tellCreator(asked.task, "needs_human", request.question);
  return { intervention_id: asked.interventionId, status: "pending" };
}

const urgencyOf = (said: string | undefined): string => (said === "low" || said === "high" ? said : "normal");
