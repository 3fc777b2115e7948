import { decideMove, type MoveContext, type MoveDecision, type TaskMove } from "@orchestratia/domain/task-lifecycle";
import { Problem } from "@orchestratia/protocol/problems";
import type { Actor } from "@orchestratia/protocol/vocabulary";
import { actorOf, type Caller } from "../access/caller.ts";
import { projectLock, type Tx, transaction } from "../db/transaction.ts";
import { type Fact, record } from "../events/activity.ts";
import type { Engine } from "./engine.ts";
import { wrongStatus } from "./judge-completion.ts";
import { aboutTask, lockTask, type TaskRow } from "./task-row.ts";

const PROJECT_OF = { name: "project_of_task", text: "select project_id from tasks where id = $1" };

/** What the lifecycle says of the move; throws `task_wrong_status` with the moves that are possible instead. */
export function decide(task: TaskRow, move: TaskMove, context: MoveContext = {}): Extract<MoveDecision, { ok: true }> {
  const decision = decideMove({ status: task.status, resumeStatus: task.resume_status }, move, context);
  if (!decision.ok) throw wrongStatus(task, move, decision.allowed);
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

/** Closes the task's open lease for good: whatever its holder reports later is stale. */
export async function closeLease(tx: Tx, taskId: string, reason: string): Promise<void> {
  await tx.query(
    "update engine.leases set closed_at = now(), close_reason = $2 where task_id = $1 and closed_at is null",
    [taskId, reason],
  );
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

/** The fact that nobody needs to answer any more. */
export const cancelledFact = (
  task: Pick<TaskRow, "id" | "project_id">,
  interventionId: string,
  actor: Actor,
): Fact => ({
  ...aboutTask(task),
  type: "intervention.cancelled",
  actor,
  details: { intervention_id: interventionId },
});

/** Every move to pending clears where the task was and what was on its way there. */
export const BACK_TO_PENDING = {
  status: "pending",
  status_reason: null,
  assigned_server_id: null,
  assigned_session_id: null,
  placed_by_matcher: false,
  delivered_at: null,
  deliveries: 0,
  start_failures: 0,
};
