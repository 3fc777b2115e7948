import { Problem } from "@orchestratia/protocol/problems";
import type { Caller } from "../access/caller.ts";

/** What decides who may report on a task. */
export interface Holding {
  key: string;
  status: string;
  assigned_server_id: string | null;
  assigned_session_id: string | null;
  /** The last lease's holder, if the task ever had a lease. */
  holder_session_id: string | null;
  holder_server_id: string | null;
  lease_open: boolean;
  close_reason: string | null;
}

/** The reason that a reaper's requeue leaves on a lease: its holder may still complete. */
export const RELEASED = "released";

/**
 * The session that `caller` reports for. Before a lease it is the assigned session, or any of the assigned server while
 * none was chosen; then the lease's holder. A server's key stands for whichever session of that server this is.
 * Throws `not_the_worker`, or `stale_lease` when the caller held a lease that was closed for good.
 */
export function workerOf(task: Holding, caller: Caller): string {
  if (caller.kind !== "session" && caller.kind !== "server") {
    throw new Problem("not_the_worker", "Only the session that works on a task reports on it.");
  }
  const session = task.lease_open ? task.holder_session_id : (task.assigned_session_id ?? lateHolder(task));
  const server = task.lease_open ? task.holder_server_id : (task.assigned_server_id ?? task.holder_server_id);
  if (caller.kind === "session") {
    if (session === caller.id) return caller.id;
    if (session === null && server === caller.serverId) return caller.id;
    if (wasHolder(task, caller.id)) return staleOrLate(task, caller.id);
  } else if (server === caller.id && session !== null) {
    return session;
  }
  throw new Problem("not_the_worker", `${task.key} is not this session's task.`);
}

const lateHolder = (task: Holding): string | null => (task.close_reason === RELEASED ? task.holder_session_id : null);
const wasHolder = (task: Holding, session: string): boolean => task.holder_session_id === session;

/** After a reaper's requeue the last holder may still complete; after a decision its lease is over. */
function staleOrLate(task: Holding, session: string): string {
  if (task.close_reason === RELEASED) return session;
  throw new Problem("stale_lease", `The work on ${task.key} was ended from outside; its later reports do not count.`);
}

/** True when the caller's session (or server) held the task's last lease, so that a repeat of its report is its own. */
export function heldBy(task: Holding, caller: Caller): boolean {
  if (caller.kind === "session") return task.holder_session_id === caller.id;
  return caller.kind === "server" && task.holder_server_id === caller.id;
}
