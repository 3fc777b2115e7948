import { hasArrived } from "@orchestratia/domain/task-lifecycle";
import { actorOf, type Caller } from "../access/caller.ts";
import { afterCommit, type Engine } from "./engine.ts";
import { cancelQuestions, closeLease, decide, onProject } from "./move.ts";
import { aboutTask, json, moveDetails, sql, type TaskRow, writeTask } from "./task-row.ts";
import { heldBy, refuseStale, workerOf } from "./worker.ts";

/** The worker gives up. What waits for the task stays blocked until the task is retried or the dependency dropped. */
export async function failTask(engine: Engine, caller: Caller, taskId: string, error: string): Promise<void> {
  const failed = await onProject(engine, taskId, async (tx, task) => {
    if (hasArrived("fail", task.status) && heldBy(task, caller) && saidBefore(task, error)) return undefined;
    refuseStale(task, caller);
    decide(task, "fail");
    const session = workerOf(task, caller);
    await closeLease(tx, task.id, "failed");
    await cancelQuestions(tx, task, caller, "worker");
    const places = await writeTask(
      tx,
      task,
      {
        status: "failed",
        status_reason: error.slice(0, 500),
        resume_status: null,
        result: json({ error }),
        completed_at: sql("now()"),
      },
      {
        ...aboutTask(task),
        type: "task.failed",
        session_id: session,
        server_id: task.assigned_server_id,
        actor: actorOf(caller),
        details: { ...moveDetails(task, "failed"), error },
      },
    );
    return { task, places };
  });
  if (!failed) return;
  const { task, places } = failed;
  afterCommit(engine, { projectId: task.project_id, places, released: [task.id], placeable: true });
  engine.delivery.tellCreator(task, "failed", error);
}

const saidBefore = (task: TaskRow, error: string): boolean =>
  (task.result as { error?: unknown } | null)?.error === error;
