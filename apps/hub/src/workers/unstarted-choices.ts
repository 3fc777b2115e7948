import type { Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import type { Choosing, HubChoice } from "../interventions/hub-choice.ts";
import { PROJECT_GRACE } from "../leases/grace.ts";
import { unassignLocked } from "../tasks/assign-task.ts";
import { cancelFamilyLocked } from "../tasks/cancel-task.ts";
import type { Changes } from "../tasks/engine.ts";
import { failLocked } from "../tasks/fail-task.ts";
import { requeueLocked } from "../tasks/requeue-task.ts";
import type { TaskRow } from "../tasks/task-row.ts";
import { deliverAgain } from "./deliver-again.ts";
import { mayBeUnbegun } from "./planning-unbegun.ts";

const MOVE = "Move";
const WAIT = "Wait";
const TRY_AGAIN = "Try again";
const LET_THE_HUB = "Let the hub choose";
const FAIL = "Fail";
const DELIVER_AGAIN = "Deliver again";
const REASSIGN = "Reassign";
const CANCEL = "Cancel";

export const SERVER_LOST_OPTIONS: readonly string[] = [MOVE, WAIT];
export const START_FAILED_OPTIONS: readonly string[] = [TRY_AGAIN, LET_THE_HUB, FAIL];
export const NOT_STARTED_OPTIONS: readonly string[] = [DELIVER_AGAIN, REASSIGN, CANCEL];

const LATER = `update tasks t set ask_at = now() + ${PROJECT_GRACE} from projects p
  where t.id = $1 and p.id = t.project_id`;

/** A task is assigned to a server that is offline. */
export const serverLostChoice: HubChoice = {
  options: SERVER_LOST_OPTIONS,
  async choose({ tx, caller, task, choice }) {
    if (task.status !== "assigned") return undefined;
    if (choice === MOVE) return move(tx, caller, task, "its server is offline");
    await tx.query(LATER, [task.id]);
    return undefined;
  },
};

/** No session could be started for a task where somebody wanted it. */
export const startFailedChoice: HubChoice = {
  options: START_FAILED_OPTIONS,
  async choose({ tx, caller, task, choice }) {
    if (task.status !== "assigned") return undefined;
    if (choice === LET_THE_HUB) return move(tx, caller, task, "no session could be started for it");
    if (choice === FAIL) return failLocked(tx, caller, task, { error: "No session could be started for it." });
    return deliverAgain(tx, task, "start_failures = 0");
  },
};

/** A task was delivered twice and nobody began it. */
export const notStartedChoice: HubChoice = {
  options: NOT_STARTED_OPTIONS,
  async choose(choosing: Choosing) {
    const { tx, caller, task, choice } = choosing;
    if (!mayBeUnbegun(task)) return undefined;
    if (choice === REASSIGN) return move(tx, caller, task, "its session did not begin");
    if (choice === CANCEL) return cancelFamilyLocked(tx, caller, task.id);
    return deliverAgain(tx, task, "delivered_at = null, reminded_at = now()");
  },
};

/** Back to the queue; the matcher chooses, also where a person had chosen before. */
async function move(tx: Tx, caller: Caller, task: TaskRow, reason: string): Promise<Changes> {
  const changes =
    task.status === "assigned"
      ? await unassignLocked(tx, caller, task, { reason })
      : await requeueLocked(tx, caller, task, { by: "user", reason });
  await tx.query("update tasks set auto_assign = true where id = $1", [task.id]);
  return { ...changes, placeable: true };
}
