import { actorOf, SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { Bus } from "../events/bus.ts";
import { eachAlone } from "../events/each-alone.ts";
import { Reaction } from "../events/reaction.ts";
import { afterCommit, type Changes, type Engine } from "../tasks/engine.ts";
import { inProject } from "../tasks/move.ts";
import { cancelDownstream } from "./cancel-downstream.ts";
import { askWhatWaits, findDifferences, type Scope, type Upstream } from "./waiting-questions.ts";

/**
 * Asks people about tasks whose upstream failed, was cancelled or did not deliver (or cancels them, where that is the
 * project's policy), and takes the question back when that is no longer so.
 */
export const waitingReaction = (engine: Engine, bus: Bus): Reaction =>
  new Reaction({
    name: "tasks whose upstream failed",
    bus,
    log: engine.log,
    on: [
      "task.failed",
      "task.cancelled",
      "task.completed",
      "task.retried",
      "task.reopened",
      "task.requeued",
      "task.unassigned",
      "task.archived",
      "task.order_changed",
      "dependency.added",
      "dependency.removed",
    ],
    onFacts: async (facts) => {
      const touched = new Map<string, Set<string>>();
      for (const { project_id, task_id } of facts) {
        if (project_id === null || task_id === null) continue;
        const taskIds = touched.get(project_id) ?? new Set();
        touched.set(project_id, taskIds.add(task_id));
      }
      await eachAlone(touched, ([projectId, taskIds]) => bringIntoLine(engine, { projectId, taskIds: [...taskIds] }));
    },
    rederive: async () => {
      const differences = await findDifferences(engine.database.sql, { projectId: null });
      const projects = new Set(differences.map(({ project_id }) => project_id));
      await eachAlone(projects, (projectId) => bringIntoLine(engine, { projectId }));
    },
  });

/** Most facts change nothing here: that is seen without the project's lock. */
async function bringIntoLine(engine: Engine, scope: Scope & { projectId: string }): Promise<void> {
  if ((await findDifferences(engine.database.sql, scope)).length === 0) return;
  const changes = await inProject(engine, scope.projectId, async (tx) =>
    cancelByPolicy(tx, scope.projectId, await askWhatWaits(tx, scope)),
  );
  afterCommit(engine, changes);
}

/** Records why before it cancels, so that the history reads in order. */
async function cancelByPolicy(
  tx: Tx,
  projectId: string,
  toCancel: readonly { taskId: string; upstream: Upstream }[],
): Promise<Changes> {
  if (toCancel.length === 0) return { projectId };
  for (const { taskId, upstream } of toCancel) {
    await record(tx, {
      type: "task.upstream_failed",
      project_id: projectId,
      task_id: taskId,
      actor: actorOf(SYSTEM),
      details: { upstream_key: upstream.key, upstream_id: upstream.id },
    });
  }
  return cancelDownstream(
    tx,
    SYSTEM,
    projectId,
    toCancel.map(({ taskId }) => taskId),
  );
}
