import { listActivity } from "@orchestratia/protocol/operations/people";
import { queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";

/** Newest first. The socket adds to it; keys are project id and task id (`all` for the project's own feed). */
export const activityQuery = (project: string, task?: { id: string }) =>
  queryOptions({
    queryKey: ["activity", project, task?.id ?? "all"],
    queryFn: async ({ signal }) => {
      const query = { limit: 50, ...(task ? { task: task.id } : {}) };
      const { activity } = await hub.call(listActivity, { params: { project }, query, signal });
      return activity.toSorted((a, b) => b.position - a.position);
    },
  });
