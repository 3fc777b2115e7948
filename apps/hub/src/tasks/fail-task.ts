import { hasArrived } from "@orchestratia/domain/task-lifecycle";
import { actorOf, type Caller, SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { sessionToEnd } from "./cancel-task.ts";
import { afterCommit, type Changes, type Engine } from "./engine.ts";
import { cancelQuestions, decide, dropAnswers, endLease, onProject } from "./move.ts";
import { openMoves, wrongStatus } from "./open-moves.ts";
import { aboutTask, json, moveDetails, sql, type TaskRow, writeTask } from "./task-row.ts";
import { tellWorker } from "./tell-worker.ts";
import { heldBy, refuseStale, workerOf } from "./worker.ts";

/**
 * The worker gives up, or a person ends the attempt. What waits for the task stays blocked until the task is retried or
 * the dependency dropped. Throws `task_wrong_status`, `not_the_worker`, `stale_lease`.
 */
export async function failTask(engine: Engine, caller: Caller, taskId: string, error: string): Promise<void> {
  const changes = await onProject(engine, taskId, async (tx, task) => {
    if (isAgent(caller)) {
      refuseStale(task, caller);
      if (hasArrived("fail", task.status) && heldBy(task, caller) && saidBefore(task, error)) return undefined;
      decide(task, "fail", {}, caller);
      workerOf(task, caller);
    } else {
      if (!openMoves(task, { caller, mayWrite: true }).includes("fail")) throw wrongStatus(task, "fail", caller);
    }
    return failLocked(tx, caller, task, { error });
  });
  if (changes) afterCommit(engine, changes);
}

/** The same within a transaction that holds the project's lock and the task's row. Who may is for the caller to know. */
export async function failLocked(
  tx: Tx,
  caller: Caller,
  task: TaskRow,
  { error }: { error: string },
): Promise<Changes> {
  const move = decide(task, "fail");
  const byWorker = isAgent(caller);
  await endLease(tx, task.id, byWorker ? "failed" : "ended");
  await cancelQuestions(tx, task, caller, "worker");
  await dropAnswers(tx, task);
  const places = await writeTask(
    tx,
    task,
    {
      status: move.to,
      status_reason: error.slice(0, 500),
      resume_status: null,
      result: json({ error }),
      completed_at: sql("now()"),
    },
    {
      ...aboutTask(task),
      type: "task.failed",
      session_id: task.lease_open ? task.holder_session_id : task.assigned_session_id,
      server_id: task.assigned_server_id,
      actor: actorOf(caller),
      details: { ...moveDetails(task, move.to), error },
    },
  );
  const told =
    !byWorker && (await tellWorker(tx, SYSTEM, task, `${task.key} was ended from outside. Stop working on it.`));
  return {
    projectId: task.project_id,
    places,
    released: [task.id],
    placeable: true,
    told,
    ended: sessionToEnd(task),
  };
}

const isAgent = ({ kind }: Caller): boolean => kind === "session" || kind === "server";

const saidBefore = (task: TaskRow, error: string): boolean =>
  (task.result as { error?: unknown } | null)?.error === error;
