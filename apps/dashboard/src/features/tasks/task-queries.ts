import {
  addNote,
  createTask,
  explainMatch,
  listTasks,
  updateTask,
  viewTask,
} from "@orchestratia/protocol/operations/people-tasks";
import type { NewTask, Task, TaskChanges } from "@orchestratia/protocol/tasks";
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

/** The task as it is at the hub now, past whatever is remembered here. */
export const readTask = ({ project_id, id }: Pick<Task, "project_id" | "id">) =>
  hub.call(viewTask, { params: { project: project_id, task: id } });

export const matchQuery = (project: string, task: string) =>
  queryOptions({
    queryKey: ["match", project, task],
    staleTime: 0,
    queryFn: ({ signal }) => hub.call(explainMatch, { params: { project, task }, signal }),
  });

/** Changes fields only where the task is still as it was read; refused with `version_conflict` where it is not. */
export const changeTask = (
  { project_id, id, version }: Pick<Task, "project_id" | "id" | "version">,
  body: TaskChanges,
) =>
  hub.call(updateTask, {
    params: { project: project_id, task: id },
    body,
    headers: { "if-match": `"${version}"` },
  });

export const makeTask = (project: string, body: z.input<typeof NewTask>) =>
  hub.call(createTask, { params: { project }, body });

export const writeNote = (params: { project: string; task: string }, content: string, urgent: boolean) =>
  hub.call(addNote, { params, body: { content, urgent } });

/** The hub's answer to a move is the task as it is now: shown at once, whatever the socket does. */
export function showMoved(queries: QueryClient, task: Task): void {
  queries.setQueriesData<Task>({ queryKey: ["task"] }, (known) => (known?.id === task.id ? task : known));
  void queries.invalidateQueries({ queryKey: ["tasks"] });
  void queries.invalidateQueries({ queryKey: ["counts"] });
}
