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
const RELEASED = "released";
/** The reasons of a lease that nobody took from its holder for good. */
const NOT_TAKEN: readonly (string | null)[] = [null, "done", "failed", RELEASED];

/**
 * The session that `caller` reports for. Before a lease it is the assigned session, or any worker of the assigned server
 * while none was chosen; then the lease's holder. A server's key stands for whichever session of that server this is.
 * Throws `not_the_worker`, or `stale_lease` when the caller held a lease that was closed for good.
 */
export function workerOf(task: Holding, caller: Caller): string {
  if (caller.kind !== "session" && caller.kind !== "server") {
    throw new Problem("not_the_worker", "Only the session that works on a task reports on it.");
  }
  refuseStale(task, caller);
  const session = task.lease_open ? task.holder_session_id : task.assigned_session_id;
  const server = task.lease_open ? task.holder_server_id : task.assigned_server_id;
  if (caller.kind === "session") {
    if (session === caller.id) return caller.id;
    if (session === null && server === caller.serverId && caller.role === "worker") return caller.id;
  } else if (server === caller.id && session !== null) {
    return session;
  }
  throw new Problem("not_the_worker", `${task.key} is not this session's task.`);
}

/** Whether `workerOf` finds a session for the caller. */
export function isWorkerOf(task: Holding, caller: Caller): boolean {
  try {
    workerOf(task, caller);
    return true;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

/** Throws `stale_lease` for who held the task until somebody decided that the work ends, and was not given it again. */
export function refuseStale(task: Holding, caller: Caller): void {
  if (task.lease_open || NOT_TAKEN.includes(task.close_reason) || !heldBy(task, caller)) return;
  if (task.status === "assigned" && isGivenTo(task, caller)) return;
  throw new Problem("stale_lease", `The work on ${task.key} was ended from outside; its later reports do not count.`);
}

/** The last holder whose lease a reaper took, when `caller` is that one and no newer lease was opened: it may still complete. */
export function lateHolder(task: Holding, caller: Caller): string | null {
  return !task.lease_open && task.close_reason === RELEASED && heldBy(task, caller) ? task.holder_session_id : null;
}

/**
 * True when the caller's session (or server) held the task's last lease, or was given a task that never had one, so that
 * a repeat of its report is its own.
 */
export function heldBy(task: Holding, caller: Caller): boolean {
  if (caller.kind === "session") return (task.holder_session_id ?? task.assigned_session_id) === caller.id;
  return caller.kind === "server" && (task.holder_server_id ?? task.assigned_server_id) === caller.id;
}

/**
 * Whether the caller would judge its own work. A server's key is in the hands of every session of that server which has
 * a version 1 client, so what any of them holds is its own.
 */
export function isOwnWork(task: Holding, caller: Caller): boolean {
  if (caller.kind === "session") return task.holder_session_id === caller.id;
  return caller.kind === "server" && task.holder_server_id === caller.id;
}

function isGivenTo(task: Holding, caller: Caller): boolean {
  if (caller.kind === "server") return task.assigned_server_id === caller.id;
  if (caller.kind !== "session" || task.assigned_server_id !== caller.serverId) return false;
  return task.assigned_session_id === null || task.assigned_session_id === caller.id;
}
