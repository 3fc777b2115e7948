import { hasArrived } from "@orchestratia/domain/task-lifecycle";
import { Problem } from "@orchestratia/protocol/problems";
import { mustOrchestrate } from "../access/agent-powers.ts";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { afterCommit, type Engine } from "./engine.ts";
import { cancelQuestions, decide, onTask } from "./move.ts";
import { aboutTask, json, moveDetails, sql, type TaskRow, writeTask } from "./task-row.ts";
import { heldBy, isOwnWork, refuseStale, workerOf } from "./worker.ts";

/** The worker submits its plan; every revision is kept. */
export async function planTask(engine: Engine, caller: Caller, taskId: string, plan: unknown): Promise<void> {
  const projectId = await onTask(engine, taskId, async (tx, task) => {
    if (hasArrived("submit_plan", task.status) && heldBy(task, caller) && (await isSubmitted(tx, task, plan))) {
      return task.project_id;
    }
    refuseStale(task, caller);
    decide(task, "submit_plan", {}, caller);
    const session = workerOf(task, caller);
    await cancelQuestions(tx, task, caller, "worker");
    await tx.query(
      `insert into engine.plan_revisions (project_id, task_id, revision, plan)
       select $1, $2, coalesce(max(revision), 0) + 1, $3::jsonb from engine.plan_revisions where task_id = $2`,
      [task.project_id, task.id, JSON.stringify(plan ?? null)],
    );
    await writeTask(
      tx,
      task,
      {
        status: "plan_review",
        resume_status: null,
        plan: json(plan),
        plan_feedback: null,
        started_at: sql("coalesce(started_at, now())"),
      },
      {
        ...aboutTask(task),
        type: "task.plan_submitted",
        session_id: session,
        actor: actorOf(caller),
        details: moveDetails(task, "plan_review"),
      },
    );
    return task.project_id;
  });
  afterCommit(engine, { projectId });
}

/** A repeat says what the first said; another plan before the first was looked at is refused, not dropped. */
async function isSubmitted(tx: Tx, task: TaskRow, plan: unknown): Promise<boolean> {
  const [stored] = await tx.query<{ same: boolean }>(
    "select coalesce(plan, 'null') = $2::jsonb as same from tasks where id = $1",
    [task.id, JSON.stringify(plan ?? null)],
  );
  return stored?.same ?? false;
}

/** Lets the worker carry its plan out. */
export function approvePlan(engine: Engine, caller: Caller, taskId: string): Promise<void> {
  return decidePlan(engine, caller, taskId, undefined);
}

/** Sends the plan back with what should change. */
export function revisePlan(engine: Engine, caller: Caller, taskId: string, feedback: string): Promise<void> {
  return decidePlan(engine, caller, taskId, feedback);
}

/** Throws `forbidden` for an agent where the project leaves plans to people, and for one that would judge its own. */
function mayDecide(task: TaskRow, caller: Caller): void {
  if (caller.kind !== "session" && caller.kind !== "server") return;
  mustOrchestrate(caller, "decide on plans");
  if (!task.orchestrator_may_approve) {
    throw new Problem("forbidden", "In this project only people decide on plans (setting orchestrator_may_approve).");
  }
  if (isOwnWork(task, caller)) {
    const whose = caller.kind === "server" ? "worked on by a session of this server" : "this session's own task";
    throw new Problem("forbidden", `${task.key} is ${whose}; somebody else decides on its plan.`);
  }
}

async function decidePlan(engine: Engine, caller: Caller, taskId: string, feedback: string | undefined): Promise<void> {
  const projectId = await onTask(engine, taskId, async (tx, task) => {
    mayDecide(task, caller);
    const move = decide(task, feedback === undefined ? "approve_plan" : "revise_plan", {}, caller);
    await tx.query(
      `update engine.plan_revisions set decision = $2, feedback = $3, decided_at = now()
       where task_id = $1 and decision is null`,
      [task.id, feedback === undefined ? "approved" : "revised", feedback ?? null],
    );
    const about = { ...aboutTask(task), session_id: task.holder_session_id, actor: actorOf(caller) };
    const details = moveDetails(task, move.to);
    await writeTask(
      tx,
      task,
      // Its worker has yet to be told of the decision.
      { status: move.to, plan_feedback: feedback ?? null, delivered_at: null },
      feedback === undefined
        ? { ...about, type: "task.plan_approved", details }
        : { ...about, type: "task.plan_revised", details: { ...details, feedback } },
    );
    return task.project_id;
  });
  afterCommit(engine, { projectId });
  engine.delivery.wake();
}
