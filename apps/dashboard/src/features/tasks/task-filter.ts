import type { TaskSummary } from "@orchestratia/protocol/tasks";

/** The questions a list of tasks is asked, each a set of statuses. */
export const TASK_FILTERS = {
  all: { word: "All", statuses: null },
  waiting: { word: "Waiting", statuses: ["pending", "assigned"] },
  moving: { word: "In progress", statuses: ["planning", "running"] },
  person: { word: "Needs a person", statuses: ["needs_human", "plan_review", "review"] },
  done: { word: "Done", statuses: ["done"] },
  stopped: { word: "Failed or cancelled", statuses: ["failed", "cancelled"] },
} as const;
export type TaskFilter = keyof typeof TASK_FILTERS;

export const asTaskFilter = (text: string | null): TaskFilter =>
  text && text in TASK_FILTERS ? (text as TaskFilter) : "all";

export function passes(filter: TaskFilter, task: Pick<TaskSummary, "status">): boolean {
  const { statuses } = TASK_FILTERS[filter];
  return statuses === null || (statuses as readonly string[]).includes(task.status);
}
