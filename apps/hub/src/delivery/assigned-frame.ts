import type { AssignedTask } from "../matching/assigned-task.ts";
import type { SessionPush } from "./delivery.ts";
import { typedText } from "./typed-text.ts";

/** What brings a task to its session. */
export const assignedFrame = (task: AssignedTask): SessionPush => ({
  type: "task_assigned",
  task_id: task.id,
  title: typedText(task.title),
  version: task.version,
  priority: task.priority,
  require_plan: task.plan_required,
  spec: task.spec,
  structured_spec: task.structured_spec,
  resolved_inputs: task.resolved_inputs,
});

/** The same for every push of the same assignment: a daemon types it once. */
export const assignmentId = (task: AssignedTask): string => `task:${task.id}:${task.version}`;
