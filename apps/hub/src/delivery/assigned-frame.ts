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
