import type { TaskRow } from "../tasks/task-row.ts";

/** Of `tasks t`: in planning since it was delivered, and its worker has not said that it begins. */
export const PLANNING_UNBEGUN = "t.status = 'planning' and t.started_at is null";

/** A task that was delivered and may still be begun, by its status. */
export const mayBeUnbegun = ({ status }: Pick<TaskRow, "status">): boolean =>
  status === "assigned" || status === "planning";
