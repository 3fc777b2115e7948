import { hasArrived } from "@orchestratia/domain/task-lifecycle";
import { Problem } from "@orchestratia/protocol/problems";
import { actorOf, type Caller } from "../access/caller.ts";
import { afterCommit, type Engine } from "./engine.ts";
import { cancelQuestions, decide, onTask } from "./move.ts";
import { aboutTask, json, moveDetails, type TaskRow, writeTask } from "./task-row.ts";
import { heldBy, workerOf } from "./worker.ts";

/** The worker submits its plan; every revision is kept. */
export async function planTask(engine: Engine, caller: Caller, taskId: string, plan: unknown): Promise<void> {
  const projectId = await onTask(engine, taskId, async (tx, task) => {
    if (hasArrived("submit_plan", task.status) && heldBy(task, caller)) return task.project_id;
    decide(task, "submit_plan");
    const session = workerOf(task, caller);
    await cancelQuestions(tx, task.id);
    await tx.query(
      `insert into engine.plan_revisions (project_id, task_id, revision, plan)
       select $1, $2, coalesce(max(revision), 0) + 1, $3::jsonb from engine.plan_revisions where task_id = $2`,
      [task.project_id, task.id, JSON.stringify(plan ?? null)],
    );
    await writeTask(
      tx,
      task,
      { status: "plan_review", resume_status: null, plan: json(plan), plan_feedback: null },
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

/** Lets the worker carry its plan out. */
export function approvePlan(engine: Engine, caller: Caller, taskId: string): Promise<void> {
  return decidePlan(engine, caller, taskId, undefined);
}

/** Sends the plan back with what should change. */
export function revisePlan(engine: Engine, caller: Caller, taskId: string, feedback: string): Promise<void> {
  return decidePlan(engine, caller, taskId, feedback);
}

async function decidePlan(engine: Engine, caller: Caller, taskId: string, feedback: string | undefined): Promise<void> {
  const task = await onTask(engine, taskId, async (tx, found) => {
    const move = decide(found, feedback === undefined ? "approve_plan" : "revise_plan");
    await tx.query(
      `update engine.plan_revisions set decision = $2, feedback = $3, decided_at = now()
       where task_id = $1 and decision is null`,
      [found.id, feedback === undefined ? "approved" : "revised", feedback ?? null],
    );
    const about = { ...aboutTask(found), session_id: found.holder_session_id, actor: actorOf(caller) };
    const details = moveDetails(found, move.to);
    await writeTask(
      tx,
      found,
      { status: move.to, plan_feedback: feedback ?? null },
      feedback === undefined
        ? { ...about, type: "task.plan_approved", details }
        : { ...about, type: "task.plan_revised", details: { ...details, feedback } },
    );
    return found;
  });
  afterCommit(engine, { projectId: task.project_id });
  engine.delivery.push(workingSession(task), planFrame(task, feedback));
}

function planFrame(task: TaskRow, feedback: string | undefined) {
  return feedback === undefined
    ? ({ type: "plan_approved", task_id: task.id } as const)
    : ({ type: "plan_revision", task_id: task.id, feedback } as const);
}

function workingSession(task: TaskRow): string {
  if (!task.holder_session_id) throw new Problem("session_not_found");
  return task.holder_session_id;
}
