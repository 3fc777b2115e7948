import { EXEC_MODES } from "@orchestratia/domain/sibling-order";
import { TASK_PRIORITIES, TASK_STATUSES, TASK_TYPES } from "@orchestratia/domain/task-lifecycle";
import { Option } from "commander";

export const priorityOption = () => new Option("--priority <level>", "How urgent it is").choices(TASK_PRIORITIES);
export const typeOption = () => new Option("--type <type>", "What kind of work it is").choices(TASK_TYPES);
export const statusOption = () => new Option("--status <status>", "Only tasks in this status").choices(TASK_STATUSES);
export const execModeOption = () =>
  new Option("--exec-mode <mode>", "How its parts are done: side by side, or one after the other").choices(EXEC_MODES);
