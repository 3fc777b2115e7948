import {
  approvePlan,
  approveTask,
  assignTask,
  cancelTask,
  requestChanges,
  revisePlan,
  unassignTask,
} from "@orchestratia/protocol/operations/people-tasks";
import {
  archiveTask,
  failTask,
  reopenTask,
  requeueTask,
  retryTask,
  unarchiveTask,
} from "@orchestratia/protocol/operations/task-moves";
import type { Assignment, Task } from "@orchestratia/protocol/tasks";
import { hub } from "../hub/hub-client.ts";
import type { OfferedMove } from "./move-offers.ts";

type OnTask = { project: string; task: string };

export const assignTo = (task: Pick<Task, "id" | "project_id">, body: Assignment) =>
  hub.call(assignTask, { params: onTask(task), body });

/** Each move of a button; `words` is what its dialog asked for, empty where it asks for none. */
const calls: Record<OfferedMove, (params: OnTask, words: string) => Promise<Task>> = {
  unassign: (params) => hub.call(unassignTask, { params }),
  approve_plan: (params) => hub.call(approvePlan, { params }),
  revise_plan: (params, feedback) => hub.call(revisePlan, { params, body: { feedback } }),
  approve: (params) => hub.call(approveTask, { params }),
  request_changes: (params, feedback) => hub.call(requestChanges, { params, body: { feedback } }),
  requeue: (params, reason) => hub.call(requeueTask, { params, body: reason ? { reason } : {} }),
  fail: (params, error) => hub.call(failTask, { params, body: { error } }),
  cancel: (params) => hub.call(cancelTask, { params }),
  retry: (params) => hub.call(retryTask, { params }),
  reopen: (params) => hub.call(reopenTask, { params }),
  archive: (params) => hub.call(archiveTask, { params }),
  unarchive: (params) => hub.call(unarchiveTask, { params }),
};

export const makeMove = (task: Pick<Task, "id" | "project_id">, move: OfferedMove, words = ""): Promise<Task> =>
  calls[move](onTask(task), words.trim());

const onTask = ({ id, project_id }: Pick<Task, "id" | "project_id">): OnTask => ({ project: project_id, task: id });
