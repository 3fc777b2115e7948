import { Problem } from "@orchestratia/protocol/problems";
import type { Tx } from "../db/transaction.ts";
import { LEASE_LENGTH } from "../leases/lease-length.ts";
import type { TaskRow } from "./task-row.ts";

/** Who is to hold a lease. */
export interface Holder {
  session_id: string;
  server_id: string;
}

const OPEN = {
  name: "open_lease",
  text: `insert into engine.leases (project_id, task_id, epoch, server_id, session_id, expires_at)
    values ($1, $2, $3, $4, $5, now() + interval '${LEASE_LENGTH}') on conflict do nothing returning id`,
};

/** Opens the lease of the task's next epoch; the caller writes that epoch. False when the session holds another task's. */
export async function openLease(
  tx: Tx,
  task: Pick<TaskRow, "id" | "project_id" | "epoch">,
  { session_id, server_id }: Holder,
): Promise<boolean> {
  const values = [task.project_id, task.id, task.epoch + 1, server_id, session_id];
  return (await tx.query(OPEN, values)).length > 0;
}

export const sessionBusy = (): Problem =>
  new Problem("session_busy", "This session has started another task; complete or fail that one first.");
