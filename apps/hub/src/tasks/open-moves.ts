import {
  type MoveActor,
  type MoveRequirement,
  movesOpenTo,
  type TaskMove,
  type TaskStatus,
} from "@orchestratia/domain/task-lifecycle";
import { Problem } from "@orchestratia/protocol/problems";
import { orchestrates } from "../access/agent-powers.ts";
import type { Caller } from "../access/caller.ts";
import { type Holding, isOwnWork, isWorkerOf, lateHolder } from "./worker.ts";

/** What decides which moves somebody has with a task. */
export interface Movable extends Holding {
  status: TaskStatus;
  resume_status: TaskStatus | null;
  blockers: number;
  source_session_id: string | null;
  /** It is settled by its children, never worked on itself. */
  is_container: boolean;
  /** The project lets orchestrator sessions decide on plans. */
  orchestrator_may_approve: boolean;
}

/** Who asks; `mayWrite` is false for people who may only look. */
export interface Asker {
  caller: Caller;
  mayWrite: boolean;
}

/** The moves that this caller has with the task now, as far as its row can say: contracts show only when they are checked. */
export function openMoves(task: Movable, { caller, mayWrite }: Asker): TaskMove[] {
  if (!mayWrite) return [];
  const without: MoveRequirement[] = [
    ...(task.blockers > 0 ? (["unblocked"] as const) : []),
    ...(task.is_container ? (["assignable"] as const) : []),
  ];
  const moving = { status: task.status, resumeStatus: task.resume_status };
  const moves = movesOpenTo(moving, actorsFor(task, caller), without);
  // An orchestrator answers only what was asked as a question, which is not known here.
  return isAgent(caller) ? moves.filter((move) => move !== "respond") : moves;
}

/** A move that is not possible from where the task is, with those that are. */
export function wrongStatus(task: Movable, move: string, caller: Caller): Problem {
  const allowed = openMoves(task, { caller, mayWrite: true });
  const instead = allowed.length > 0 ? `possible now: ${allowed.join(", ")}` : "nothing is possible now";
  return new Problem("task_wrong_status", `${task.key} is ${task.status}: it cannot ${move} (${instead}).`, {
    current_status: task.status,
    move,
    allowed_moves: allowed,
  });
}

/** In whose place the caller can act. A server's key stands for whichever of its sessions it takes. */
function actorsFor(task: Movable, caller: Caller): MoveActor[] {
  if (!isAgent(caller)) return ["user"];
  const leads = orchestrates(caller);
  const actors: MoveActor[] = [];
  if (leads) actors.push("agent");
  if (leads && task.orchestrator_may_approve && !isOwnWork(task, caller)) actors.push("orchestrator");
  if (leads || task.source_session_id === caller.id) actors.push("creator");
  if (isWorkerOf(task, caller)) actors.push("worker");
  if (lateHolder(task, caller) !== null) actors.push("last_holder");
  return actors;
}

const isAgent = (caller: Caller): caller is Extract<Caller, { kind: "session" | "server" }> =>
  caller.kind === "session" || caller.kind === "server";
