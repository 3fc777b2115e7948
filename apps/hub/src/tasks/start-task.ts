import { hasArrived } from "@orchestratia/domain/task-lifecycle";
import { Problem } from "@orchestratia/protocol/problems";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { afterCommit, type Engine } from "./engine.ts";
import { cancelQuestions, decide, onTask } from "./move.ts";
import { openLease, sessionBusy } from "./open-lease.ts";
import { aboutTask, moveDetails, sql, type TaskRow, writeTask } from "./task-row.ts";
import { heldBy, refuseStale, workerOf } from "./worker.ts";

const BEGUN = {
  name: "mark_begun",
  text: "update tasks set started_at = now() where id = $1 and started_at is null",
};

/**
 * The worker begins (in planning, where a plan is required) or goes on by itself after it had asked for help. Opens the
 * lease. Throws `dependencies_unresolved`, `session_busy`, `not_the_worker`, `stale_lease`,
 * `task_wrong_status`.
 */
export async function startTask(engine: Engine, caller: Caller, taskId: string): Promise<void> {
  const started = await onTask(engine, taskId, async (tx, task) => {
    if (hasArrived("start", task.status) && task.lease_open && heldBy(task, caller)) {
      // The hub may have opened the planning when it delivered the task: now its worker has begun, too.
      await tx.query(BEGUN, [task.id]);
      return undefined;
    }
    refuseStale(task, caller);
    const move = decide(task, "start", { planRequired: task.plan_required }, caller);
    const session = workerOf(task, caller);
    const resumes = task.status === "needs_human";
    if (!resumes) {
      if (task.blockers > 0) throw await unresolved(tx, task);
      const server_id = task.assigned_server_id as string;
      if (!(await openLease(tx, task, { session_id: session, server_id }))) throw sessionBusy();
    } else {
      await cancelQuestions(tx, task, caller, "worker");
    }
    const type = startedAs(resumes, move.to);
    const places = await writeTask(
      tx,
      task,
      {
        status: move.to,
        resume_status: null,
        status_reason: null,
        assigned_session_id: session,
        ...(resumes ? {} : { epoch: sql("epoch + 1"), started_at: sql("coalesce(started_at, now())") }),
        delivered_at: sql("coalesce(delivered_at, now())"),
      },
      {
        ...aboutTask(task),
        type,
        session_id: session,
        server_id: task.assigned_server_id,
        actor: actorOf(caller),
        details: moveDetails(task, move.to),
      },
    );
    return { projectId: task.project_id, session, places };
  });
  if (!started) return;
  engine.delivery.bind(started.session, taskId);
  afterCommit(engine, { projectId: started.projectId, places: started.places });
}

function startedAs(resumes: boolean, to: string): "task.resumed" | "task.planning" | "task.started" {
  if (resumes) return "task.resumed";
  return to === "planning" ? "task.planning" : "task.started";
}

async function unresolved(tx: Tx, task: TaskRow): Promise<Problem> {
  const waitsFor = await tx.query<{ id: string; key: string; status: string }>(
    `select up.id, up.key, up.status::text as status from task_dependencies d join tasks up on up.id = d.depends_on_task_id
     where d.task_id = $1 and not d.resolved and d.dependency_type <> 'related' order by up.number`,
    [task.id],
  );
  const names = waitsFor.map(({ key, status }) => `${key} (${status})`).join(", ");
  return new Problem("dependencies_unresolved", `${task.key} still waits for ${names}.`, { blockers: waitsFor });
}
