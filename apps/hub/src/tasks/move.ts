import { decideMove, type MoveContext, type MoveDecision, type TaskMove } from "@orchestratia/domain/task-lifecycle";
import { Problem } from "@orchestratia/protocol/problems";
import type { Actor } from "@orchestratia/protocol/vocabulary";
import { actorOf, type Caller, SYSTEM } from "../access/caller.ts";
import { projectLock, type Tx, transaction } from "../db/transaction.ts";
import { type Fact, record } from "../events/activity.ts";
import type { Engine } from "./engine.ts";
import { wrongStatus } from "./open-moves.ts";
import { aboutTask, lockTask, type TaskColumns, type TaskRow } from "./task-row.ts";

const PROJECT_OF = { name: "project_of_task", text: "select project_id from tasks where id = $1" };

/** What the lifecycle says of the move; throws `task_wrong_status` with the moves that the caller has instead. */
export function decide(
  task: TaskRow,
  move: TaskMove,
  context: MoveContext = {},
  caller: Caller = SYSTEM,
): Extract<MoveDecision, { ok: true }> {
  const decision = decideMove({ status: task.status, resumeStatus: task.resume_status }, move, context);
  if (!decision.ok) throw wrongStatus(task, move, caller);
  return decision;
}

/** A move that settles nothing and touches no edge: the task's row is all that it locks. */
export function onTask<T>(engine: Engine, taskId: string, work: (tx: Tx, task: TaskRow) => Promise<T>): Promise<T> {
  return transaction(engine.database.pool, async (tx) => work(tx, await lockTask(tx, taskId)));
}

/** The project of a task, which never changes; throws `task_not_found`. */
export async function projectOf(engine: Engine, taskId: string): Promise<string> {
  const [task] = await engine.database.sql.query<{ project_id: string }>(PROJECT_OF, [taskId]);
  if (!task) throw new Problem("task_not_found");
  return task.project_id;
}

/** A move under the project's lock: it settles, or changes edges. It passes the project's writer alone, in order. */
export async function onProject<T>(
  engine: Engine,
  taskId: string,
  work: (tx: Tx, task: TaskRow) => Promise<T>,
): Promise<T> {
  return inProject(engine, await projectOf(engine, taskId), async (tx) => work(tx, await lockTask(tx, taskId)));
}

/** The same for what has no single task to begin with. */
export function inProject<T>(engine: Engine, projectId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  return engine.writers.of(projectId).alone(() =>
    transaction(engine.database.pool, async (tx) => {
      await projectLock(tx, projectId);
      return work(tx);
    }),
  );
}

const END_LEASE = {
  name: "end_lease",
  text: `update engine.leases set closed_at = coalesce(closed_at, now()), close_reason = $2
    where id = (select id from engine.leases where task_id = $1 order by epoch desc limit 1)`,
};

/**
 * Ends the task's last lease. `failed` is its holder's own report and `released` a reaper's doubt; after every other
 * reason it is over for good, also when it was closed before: what its holder reports later is stale.
 */
export async function endLease(
  tx: Tx,
  taskId: string,
  reason: "failed" | "released" | "ended" | "cancelled" | "requeued" | "retried" | "reopened",
): Promise<void> {
  await tx.query(END_LEASE, [taskId, reason]);
}

/** What was asked about the task and not answered is moot: by its worker, or by anybody. */
export async function cancelQuestions(tx: Tx, task: TaskRow, caller: Caller, by: "worker" | "anybody"): Promise<void> {
  const cancelled = await tx.query<{ id: string }>(
    `update interventions set status = 'cancelled', responded_at = now()
     where task_id = $1 and status = 'pending' and (raised_by = 'worker' or $2) returning id`,
    [task.id, by === "anybody"],
  );
  await record(tx, ...cancelled.map(({ id }) => cancelledFact(task, id, actorOf(caller))));
}

const DROP_ANSWERS = {
  name: "drop_undelivered_answers",
  text: "update interventions set delivery = 'failed' where task_id = $1 and delivery = 'queued'",
};

/** Answers that are still on their way to the session that asked are not told any more: the attempt they were for is over. */
export async function dropAnswers(tx: Tx, task: Pick<TaskRow, "id">): Promise<void> {
  await tx.query(DROP_ANSWERS, [task.id]);
}

/** The fact that nobody needs to answer any more. */
const cancelledFact = (task: Pick<TaskRow, "id" | "project_id">, interventionId: string, actor: Actor): Fact => ({
  ...aboutTask(task),
  type: "intervention.cancelled",
  actor,
  details: { intervention_id: interventionId },
});

/** Every move to pending clears where the task was and what was on its way there. */
export const BACK_TO_PENDING = {
  status: "pending",
  status_reason: null,
  resume_status: null,
  assigned_server_id: null,
  assigned_session_id: null,
  placed_by_matcher: false,
  delivered_at: null,
  deliveries: 0,
  start_failures: 0,
  reminded_at: null,
  ask_at: null,
  tried_servers: [],
  untold_change: false,
  plan: null,
  plan_feedback: null,
  contract_status: "none",
  started_at: null,
  completed_at: null,
  archived_at: null,
} as const satisfies TaskColumns;
