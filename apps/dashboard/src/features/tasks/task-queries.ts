import {
  addNote,
  approvePlan,
  approveTask,
  assignTask,
  cancelTask,
  createTask,
  explainMatch,
  listTasks,
  requestChanges,
  revisePlan,
  unassignTask,
  viewTask,
} from "@orchestratia/protocol/operations/people-tasks";
import type { Assignment, NewTask, Task } from "@orchestratia/protocol/tasks";
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import { hub } from "../hub/hub-client.ts";

/** The project half of a task's key: DEMO of DEMO-3. A task named by its id belongs to `otherwise`. */
export const projectOf = (ref: string, otherwise: string): string =>
  /^([A-Z][A-Z0-9]*)-\d+$/.exec(ref)?.[1] ?? otherwise;

export const tasksQuery = (project: string) =>
  queryOptions({
    queryKey: ["tasks", project],
    queryFn: async ({ signal }) => (await hub.call(listTasks, { params: { project }, signal })).tasks,
  });

export const taskQuery = (project: string, task: string) =>
  queryOptions({
    queryKey: ["task", project, task],
    queryFn: ({ signal }) => hub.call(viewTask, { params: { project, task }, signal }),
  });

export const matchQuery = (project: string, task: string) =>
  queryOptions({
    queryKey: ["match", project, task],
    staleTime: 0,
    queryFn: ({ signal }) => hub.call(explainMatch, { params: { project, task }, signal }),
  });

/** What a person can do with a task, by the name of the move. */
export const taskMoves = {
  assign: (params: OnTask, body: Assignment) => hub.call(assignTask, { params, body }),
  unassign: (params: OnTask) => hub.call(unassignTask, { params }),
  cancel: (params: OnTask) => hub.call(cancelTask, { params }),
  approve_plan: (params: OnTask) => hub.call(approvePlan, { params }),
  revise_plan: (params: OnTask, feedback: string) => hub.call(revisePlan, { params, body: { feedback } }),
  approve: (params: OnTask) => hub.call(approveTask, { params }),
  request_changes: (params: OnTask, feedback: string) => hub.call(requestChanges, { params, body: { feedback } }),
};
type OnTask = { project: string; task: string };

export const makeTask = (project: string, body: z.input<typeof NewTask>) =>
  hub.call(createTask, { params: { project }, body });

export const writeNote = (params: OnTask, content: string, urgent: boolean) =>
  hub.call(addNote, { params, body: { content, urgent } });

/** The hub's answer to a move is the task as it is now: shown at once, whatever the socket does. */
export function showMoved(queries: QueryClient, task: Task): void {
  queries.setQueriesData<Task>({ queryKey: ["task"] }, (known) => (known?.id === task.id ? task : known));
  void queries.invalidateQueries({ queryKey: ["tasks"] });
  void queries.invalidateQueries({ queryKey: ["counts"] });
}
