import { Problem } from "@orchestratia/protocol/problems";
import type { Tx } from "../db/transaction.ts";
import type { HubChoice } from "../interventions/hub-choice.ts";
import { lockTask } from "../tasks/task-row.ts";
import { cancelDownstream } from "./cancel-downstream.ts";
import { removeDependencyLocked } from "./remove-dependency.ts";

const DROP = "Drop the dependency";
const CANCEL = "Cancel this task";

/** What a task can do whose upstream is done without the contract that it needs. */
export const INPUT_MISSING_OPTIONS: readonly string[] = [DROP, CANCEL];

/** Cause `input_missing:<dependency id>`. */
export const inputMissing: HubChoice = {
  options: INPUT_MISSING_OPTIONS,
  async choose({ tx, caller, task, intervention, choice }) {
    const upstreamId = await upstreamOf(tx, intervention.cause.slice("input_missing:".length));
    if (choice === CANCEL) return cancelDownstream(tx, caller, task.project_id, [task.id]);
    await lockTask(tx, upstreamId);
    return removeDependencyLocked(tx, caller, task, upstreamId);
  },
};

async function upstreamOf(tx: Tx, dependencyId: string): Promise<string> {
  const [edge] = await tx.query<{ depends_on_task_id: string }>(
    "select depends_on_task_id from task_dependencies where id = $1 and not resolved",
    [dependencyId],
  );
  if (edge) return edge.depends_on_task_id;
  throw new Problem("intervention_settled", "The dependency has been resolved or dropped meanwhile.", {
    current_status: "cancelled",
  });
}
