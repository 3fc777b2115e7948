import { Problem } from "@orchestratia/protocol/problems";
import type { TaskId } from "@orchestratia/protocol/vocabulary";
import type { Caller } from "./caller.ts";

/** Who comes through the agents' door. A server's key cannot say which session asks, so it may what an orchestrator may. */
export type AgentCaller = Extract<Caller, { kind: "session" | "server" }>;

/** How many children a worker's token may make under one task. */
const CHILDREN_MAX = 50;

export function orchestrates(caller: AgentCaller): boolean {
  return caller.kind === "server" || caller.role === "orchestrator";
}

/** `what` completes "Only an orchestrator session may …". Throws forbidden. */
export function mustOrchestrate(caller: AgentCaller, what: string): void {
  if (!orchestrates(caller)) throw new Problem("forbidden", `Only an orchestrator session may ${what}.`);
}

/**
 * A worker changes the fields and edges of what it created only: with those of its own task it could drop the contracts
 * that its result is checked against. Throws forbidden.
 */
export function mustBeItsToChange(caller: AgentCaller, task: { sourceSessionId: string | null }): void {
  if (orchestrates(caller) || task.sourceSessionId === caller.id) return;
  throw new Problem("forbidden", "A worker changes only tasks that it created; write a note on the others.");
}

/** The task that a session has begun. */
export interface StartedTask {
  id: TaskId;
  key: string;
}

/**
 * The parent that a new task gets. What a worker makes becomes a child of its started task, whether it says so or not.
 * Throws forbidden without one and for another parent.
 */
export function parentOfNewTask(
  caller: AgentCaller,
  asked: TaskId | null,
  started: StartedTask | undefined,
): TaskId | null {
  if (orchestrates(caller)) return asked;
  if (!started)
    throw new Problem("forbidden", "A worker makes tasks only under the task it has started; start it first.");
  if (asked !== null && asked !== started.id) {
    throw new Problem("forbidden", `A worker makes tasks only under the task it has started, which is ${started.key}.`);
  }
  return started.id;
}

/** Asked where no child can be added meanwhile. Throws forbidden when a worker has made as many as it may. */
export function mustHaveRoomForChild(caller: Caller, parent: { key: string; children: number }): void {
  if (caller.kind !== "session" || orchestrates(caller) || parent.children < CHILDREN_MAX) return;
  throw new Problem("forbidden", `${parent.key} has ${CHILDREN_MAX} children; a worker may make no more.`);
}
