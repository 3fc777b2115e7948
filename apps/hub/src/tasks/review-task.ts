import { actorOf, SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { takeDiffAlong } from "../workspaces/keep-diff.ts";
import type { CompletionPicture } from "./completion-picture.ts";
import { afterCommit, type Engine } from "./engine.ts";
import type { CompletionRequest, Judgement } from "./judge-completion.ts";
import { cancelQuestions, decide, onTask } from "./move.ts";
import { openLease, sessionBusy } from "./open-lease.ts";
import { aboutTask, json, moveDetails, sql, type TaskColumns, type TaskRow, writeTask } from "./task-row.ts";
import { tellWorker } from "./tell-worker.ts";
import { lateHolder } from "./worker.ts";

/** The task's version is another than the one that was judged. */
export class TaskMoved extends Error {}

/** Puts a judged result before a person: the lease stays open until they have decided. Throws TaskMoved, `session_busy`. */
export async function reviewTask(
  engine: Engine,
  { caller, move }: CompletionRequest,
  picture: CompletionPicture,
  judgement: Extract<Judgement, { kind: "settle" }>,
): Promise<void> {
  const changes = await onTask(engine, picture.id, async (tx, task) => {
    if (task.version !== picture.version) throw new TaskMoved();
    const late = lateHolder(task, caller) !== null;
    const decision = decide(task, move, { reviewRequired: true, lateHolder: late }, caller);
    await cancelQuestions(tx, task, caller, "worker");
    const places = await writeTask(
      tx,
      task,
      {
        status: "review",
        resume_status: null,
        result: json(judgement.result),
        contract_status: judgement.check.status,
        git_diff_stats: json(judgement.git_diff_stats),
        ...(decision.lease === "open" ? await takeBack(tx, task) : {}),
      },
      {
        ...aboutTask(task),
        type: "task.submitted",
        session_id: judgement.session,
        actor: actorOf(caller),
        details: moveDetails(task, "review"),
      },
    );
    return { projectId: task.project_id, places, ...(late && { released: [task.id], told: true }) };
  });
  afterCommit(engine, changes);
  if (changes.released && judgement.session) engine.delivery.bind(judgement.session, picture.id);
}

/** The worker that was believed lost holds the task again; whoever was told of it meanwhile shall not begin. */
async function takeBack(tx: Tx, task: TaskRow): Promise<TaskColumns> {
  const session_id = task.holder_session_id as string;
  const server_id = task.holder_server_id as string;
  if (!(await openLease(tx, task, { session_id, server_id }))) throw sessionBusy();
  await takeDiffAlong(tx, task);
  if (task.assigned_session_id !== session_id) {
    await tellWorker(tx, SYSTEM, task, `${task.key} was finished by its earlier worker. Do not begin it.`);
  }
  return {
    epoch: sql("epoch + 1"),
    assigned_server_id: server_id,
    assigned_session_id: session_id,
    placed_by_matcher: false,
    delivered_at: sql("now()"),
    started_at: sql("coalesce(started_at, now())"),
    status_reason: null,
  };
}
