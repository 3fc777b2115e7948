import type { DependencyType } from "@orchestratia/domain/dependency-graph";
import { Problem } from "@orchestratia/protocol/problems";
import type { Tx } from "../db/transaction.ts";
import type { HubChoice } from "../interventions/hub-choice.ts";
import { archiveLocked } from "../tasks/archive-task.ts";
import { retryLocked } from "../tasks/retry-task.ts";
import { lockTask, type TaskRow } from "../tasks/task-row.ts";
import { cancelDownstream } from "./cancel-downstream.ts";
import { removeDependencyLocked } from "./remove-dependency.ts";

const RETRY = "Retry upstream";
const DROP = "Drop the dependency";
const ARCHIVE = "Archive upstream";
const CANCEL = "Cancel downstream";

/** The edges between the children of a sequential parent are the hub's: an archived child lets the next one go. */
export const optionsFor = (type: DependencyType): readonly string[] => [
  RETRY,
  type === "order" ? ARCHIVE : DROP,
  CANCEL,
];

/** Cause `upstream_failed:<upstream task id>`. */
export const upstreamFailed: HubChoice = {
  options: [RETRY, DROP, ARCHIVE, CANCEL],
  async choose({ tx, caller, task, intervention, choice }) {
    const upstream = await lockTask(tx, intervention.cause.slice("upstream_failed:".length));
    await mustStillWait(tx, task, upstream);
    if (choice === RETRY) return retryLocked(tx, caller, upstream);
    if (choice === DROP) return removeDependencyLocked(tx, caller, task, upstream.id);
    if (choice === ARCHIVE) {
      await archiveLocked(tx, caller, upstream);
      return undefined;
    }
    return cancelDownstream(tx, caller, task.project_id, [task.id]);
  },
};

/** The question is withdrawn a moment after its cause is gone: an answer in between comes too late. */
async function mustStillWait(tx: Tx, task: TaskRow, upstream: TaskRow): Promise<void> {
  const edges = await tx.query(
    "select from task_dependencies where task_id = $1 and depends_on_task_id = $2 and not resolved",
    [task.id, upstream.id],
  );
  if (edges.length > 0 && (upstream.status === "failed" || upstream.status === "cancelled")) return;
  throw new Problem("intervention_settled", `${upstream.key} holds ${task.key} back no longer.`, {
    current_status: "cancelled",
  });
}
