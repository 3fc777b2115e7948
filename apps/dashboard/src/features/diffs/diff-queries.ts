import { viewTaskDiff } from "@orchestratia/protocol/operations/workspaces";
import type { Task } from "@orchestratia/protocol/tasks";
import { queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";

/** Of these the work is handed in: what was kept then is what counts. */
const handedIn: readonly Task["status"][] = ["review", "done", "failed", "cancelled"];

/**
 * What a task changed: while it is worked on as it is in its checkout, asked for again only on request; else as it was
 * kept, which each handing in does anew. Each attempt has its own.
 */
export const diffQuery = ({ project_id, id, status, epoch }: Pick<Task, "project_id" | "id" | "status" | "epoch">) => {
  const isHandedIn = handedIn.includes(status);
  return queryOptions({
    queryKey: ["diff", isHandedIn ? "kept" : "checkout", id, epoch],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) =>
      hub.call(viewTaskDiff, {
        params: { project: project_id, task: id },
        query: isHandedIn ? {} : { source: "checkout" },
        signal,
      }),
  });
};
