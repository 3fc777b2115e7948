import type { Completion } from "@orchestratia/protocol/tasks";
import { actorOf, type Caller } from "../access/caller.ts";
import { noteToWorker } from "../notes/note-to-worker.ts";
import { settleDone } from "./complete-task.ts";
import { afterCommit, type Engine } from "./engine.ts";
import { decide, onTask } from "./move.ts";
import { aboutTask, moveDetails, writeTask } from "./task-row.ts";

/** The worker delivers its result for a person to look at. */
export function submitTask(engine: Engine, caller: Caller, taskId: string, completion: Completion): Promise<void> {
  return settleDone(engine, { taskId, caller, move: "submit", completion });
}

/** Accepts the result in review. The contracts are checked once more: they may have changed since it was submitted. */
export function approveTask(engine: Engine, caller: Caller, taskId: string): Promise<void> {
  return settleDone(engine, { taskId, caller, move: "approve" });
}

/** Sends a reviewed result back to its worker. */
export async function requestChanges(engine: Engine, caller: Caller, taskId: string, feedback: string): Promise<void> {
  const projectId = await onTask(engine, taskId, async (tx, task) => {
    const move = decide(task, "request_changes", {}, caller);
    await writeTask(
      tx,
      task,
      { status: move.to, status_reason: null },
      {
        ...aboutTask(task),
        type: "task.resumed",
        session_id: task.holder_session_id,
        actor: actorOf(caller),
        details: moveDetails(task, move.to),
      },
    );
    await noteToWorker(tx, caller, task, feedback);
    return task.project_id;
  });
  afterCommit(engine, { projectId });
  engine.delivery.wake();
}
