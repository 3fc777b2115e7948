import { listPlans } from "@orchestratia/protocol/operations/task-moves";
import type { Task } from "@orchestratia/protocol/tasks";
import { queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";

/** Every plan that a task's workers submitted, oldest first. */
export const plansQuery = ({ project_id, id }: Pick<Task, "project_id" | "id">) =>
  queryOptions({
    queryKey: ["plans", project_id, id],
    queryFn: async ({ signal }) =>
      (await hub.call(listPlans, { params: { project: project_id, task: id }, signal })).revisions,
  });
