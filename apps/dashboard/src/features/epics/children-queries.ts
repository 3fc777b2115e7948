import type { ExecMode } from "@orchestratia/domain/sibling-order";
import { listChildren, placeTask } from "@orchestratia/protocol/operations/epics";
import { updateTask } from "@orchestratia/protocol/operations/people-tasks";
import type { Task, TaskPlacement, TaskSummary } from "@orchestratia/protocol/tasks";
import { queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";

const most = 500;

type Parent = Pick<Task, "id" | "project_id">;

/** A task's children in their order, archived ones too. */
export const childrenQuery = ({ project_id, id }: Parent) =>
  queryOptions({
    queryKey: ["children", project_id, id],
    queryFn: ({ signal }) =>
      hub.call(listChildren, { params: { project: project_id, task: id }, query: { limit: most }, signal }),
  });

export const placeChild = ({ project_id, id }: TaskSummary, body: TaskPlacement) =>
  hub.call(placeTask, { params: { project: project_id, task: id }, body });

export const chooseExecMode = ({ project_id, id }: Parent, mode: ExecMode) =>
  hub.call(updateTask, { params: { project: project_id, task: id }, body: { exec_mode: mode } });
