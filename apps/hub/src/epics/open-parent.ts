import { isSettled } from "@orchestratia/domain/task-lifecycle";
import { Problem } from "@orchestratia/protocol/problems";
import { mustHaveRoomForChild } from "../access/agent-powers.ts";
import { actorOf, type Caller, SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { BACK_TO_PENDING } from "../tasks/move.ts";
import { aboutTask, moveDetails, type Places, type TaskRow, writeTask } from "../tasks/task-row.ts";
import { tellWorker } from "../tasks/tell-worker.ts";

/**
 * Whether the locked parent may have one more child. One that was assigned and not begun is not to be worked on any
 * more: it goes back to pending and is settled by its children. Throws `parent_settled`, and `forbidden` when a worker has
 * made as many children as it may.
 */
export async function openParent(
  tx: Tx,
  caller: Caller,
  parent: TaskRow,
): Promise<{ places: Places; released: string[]; told: boolean }> {
  if (isSettled(parent.status)) {
    throw new Problem("parent_settled", `${parent.key} is ${parent.status}: it takes no more children.`);
  }
  const [has] = await tx.query<{ children: number }>(
    "select count(*)::int as children from tasks where parent_id = $1",
    [parent.id],
  );
  mustHaveRoomForChild(caller, { key: parent.key, children: has?.children ?? 0 });
  if (parent.status !== "assigned" || parent.epoch > 0) return { places: [], released: [], told: false };
  const told = await tellWorker(
    tx,
    SYSTEM,
    parent,
    `${parent.key} has children now, which settle it. Do not begin it.`,
  );
  const places = await writeTask(tx, parent, BACK_TO_PENDING, {
    ...aboutTask(parent),
    type: "task.unassigned",
    actor: actorOf(SYSTEM),
    details: { ...moveDetails(parent, "pending"), reason: "it has children now, which settle it" },
  });
  return { places, released: [parent.id], told };
}
