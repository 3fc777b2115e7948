import { leaseStatuses, type TaskStatus } from "@orchestratia/domain/task-lifecycle";
import type { Task } from "@orchestratia/protocol/tasks";
import { MOVE_OFFERS, type OfferedMove } from "./move-offers.ts";
import type { OpenBelow } from "./open-below.ts";

type Warned = Pick<Task, "dependents" | "attempt" | "status">;
type Edge = Warned["dependents"][number];

const several = (count: number, one: string, many: string): string => (count === 1 ? one : `${count} ${many}`);
const gating = ({ dependents }: Warned) => dependents.filter((edge) => edge.dependency_type !== "related");
const isUnbegun = ({ status }: Edge) => status === "pending" || status === "assigned";
const isAtWork = ({ status }: Edge) => (leaseStatuses as readonly TaskStatus[]).includes(status);

/** What a move will do, said before it is made. `below` is undefined while it is not known. */
export function warningOf(task: Warned, move: OfferedMove, below?: OpenBelow): string {
  const said = (...sentences: string[]) => sentences.filter(Boolean).join(" ");
  const started = task.status !== "pending" && task.status !== "assigned";
  const stopped = started ? "Its worker is told to stop and loses its right to this task." : "";
  // What comes after it in order waits for a failed one and goes on after a cancelled one.
  const waits = (edge: Edge) => !edge.resolved && !(move === "cancel" && edge.dependency_type === "order");
  const waiting = gating(task).filter(waits).length;
  const held = waiting > 0 ? `${several(waiting, "One task waits", "tasks wait")} for it and will not start.` : "";
  if (move === "cancel") return said(stopped, belowSentence(below), held, "It can be retried later.");
  if (move === "fail") return said(stopped, held, "It can be retried later.");
  if (move === "requeue")
    return said(stopped, `It goes back into the queue; the next attempt is number ${task.attempt + 1}.`);
  if (move === "reopen") {
    const again = gating(task).filter((edge) => edge.resolved && isUnbegun(edge)).length;
    const begun = gating(task).filter((edge) => edge.resolved && isAtWork(edge)).length;
    return said(
      "It goes back into the queue.",
      again > 0
        ? `${several(again, "One task that has not begun waits", "tasks that have not begun wait")} for it again.`
        : "",
      begun > 0 ? `${several(begun, "One task that built on it is told", "tasks that built on it are told")}.` : "",
    );
  }
  return MOVE_OFFERS[move].hint;
}

function belowSentence(below: OpenBelow | undefined): string {
  if (!below) return "Counting what is below it…";
  if (below.count === 0) return below.isAll ? "" : "Everything open below it is cancelled too.";
  const count = `${below.isAll ? "" : "At least "}${several(below.count, "1 open task", "open tasks")}`;
  return `${count} below it ${below.count === 1 ? "is" : "are"} cancelled too.`;
}
