import { Problem } from "@orchestratia/protocol/problems";
import type { HubChoice } from "../interventions/hub-choice.ts";
import { cancelFamilyLocked } from "../tasks/cancel-task.ts";
import type { Changes } from "../tasks/engine.ts";
import { retryLocked } from "../tasks/retry-task.ts";
import { lockTask } from "../tasks/task-row.ts";
import { allOf } from "./all-changes.ts";
import { lockFamily } from "./family.ts";

/** No child of a parent is done, and none will be by itself. */
export const CHILDREN_FAILED = "children_failed";

const [CANCEL, RETRY, LEAVE] = ["Cancel it", "Retry the failed ones", "Leave it"] as const;
export const CHILDREN_FAILED_OPTIONS = [CANCEL, RETRY, LEAVE] as const;

const RETRYABLE = {
  name: "children_to_retry",
  text: `select id from tasks where parent_id = $1 and status in ('failed', 'cancelled') and archived_at is null`,
};

export const childrenFailed: HubChoice = {
  options: CHILDREN_FAILED_OPTIONS,
  async choose({ tx, caller, task, choice }): Promise<Changes | undefined> {
    if (choice === CANCEL) return cancelFamilyLocked(tx, caller, task.id);
    if (choice === LEAVE) return undefined;
    const ids = (await tx.query<{ id: string }>(RETRYABLE, [task.id])).map(({ id }) => id);
    if (ids.length === 0) {
      throw new Problem(
        "task_wrong_status",
        `All children of ${task.key} are archived; retry one of them, or add another.`,
        {
          current_status: task.status,
        },
      );
    }
    await lockFamily(tx, ids);
    const changes: Changes[] = [];
    // Read one after the other: what one retry does to the order changes the rows of the next.
    for (const id of ids) changes.push(await retryLocked(tx, caller, await lockTask(tx, id)));
    return allOf(task.project_id, changes);
  },
};
