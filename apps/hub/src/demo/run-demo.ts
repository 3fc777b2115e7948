import { Problem } from "@orchestratia/protocol/problems";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { cancelLocked } from "../tasks/cancel-task.ts";
import { afterCommit, type Engine } from "../tasks/engine.ts";
import { inProject } from "../tasks/move.ts";
import { aboutTask, lockServers, lockTasks, type Places, writeTask } from "../tasks/task-row.ts";
import { copyPipeline } from "./copy-pipeline.ts";
import { newestPipeline } from "./demo-pipeline.ts";

/**
 * Lets the demo's pipeline run and answers its tasks in order. One that runs already is left to it; after one that was
 * used the same is made anew, and what the last one left undone is cancelled. Throws `task_not_found` before there is one.
 */
export async function runDemo(engine: Engine, caller: Caller, projectId: string): Promise<string[]> {
  // Under the project's lock: two people who press the button at once get one run.
  const { taskIds, places, released } = await inProject(engine, projectId, async (tx) => {
    const { state, taskIds, unsettledIds } = await newestPipeline(tx, projectId);
    if (taskIds.length === 0) throw new Problem("task_not_found", "The demo's pipeline was not made yet.");
    if (state === "running") return { taskIds, places: [], released: [] };
    if (state === "ready") return { taskIds, places: await release(tx, caller, taskIds), released: [] };
    const freed = await cancelAll(tx, caller, unsettledIds);
    const copy = await copyPipeline(tx, caller, projectId, taskIds);
    return { taskIds: copy.taskIds, places: [...freed, ...copy.places], released: unsettledIds };
  });
  afterCommit(engine, { projectId, places, released, placeable: true });
  return taskIds;
}

/** From now on the matcher may place the tasks. */
async function release(tx: Tx, caller: Caller, taskIds: readonly string[]): Promise<Places> {
  const places: Places = [];
  for (const task of await lockTasks(tx, taskIds)) {
    const details = { fields: ["auto_assign"] };
    const fact = { ...aboutTask(task), type: "task.updated" as const, actor: actorOf(caller), details };
    places.push(...(await writeTask(tx, task, { auto_assign: true }, fact)));
  }
  return places;
}

async function cancelAll(tx: Tx, caller: Caller, taskIds: readonly string[]): Promise<Places> {
  const tasks = await lockTasks(tx, taskIds);
  await lockServers(
    tx,
    tasks.map((task) => task.assigned_server_id),
  );
  const places: Places = [];
  for (const task of tasks) places.push(...(await cancelLocked(tx, task, caller)));
  return places;
}
