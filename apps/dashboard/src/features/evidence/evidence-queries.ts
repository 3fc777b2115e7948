import { listTaskOutput } from "@orchestratia/protocol/operations/output";
import { listActivity } from "@orchestratia/protocol/operations/people";
import type { TaskOutput } from "@orchestratia/protocol/task-output";
import type { Task } from "@orchestratia/protocol/tasks";
import { queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";
import { evidenceRuns } from "./evidence-runs.ts";

const runsShown = 20;
const pageLength = 200;

/** The newest times that a task's verify commands were run. `task` is its key or its id. */
export const evidenceQuery = (project: string, task: string) =>
  queryOptions({
    queryKey: ["evidence", project, task],
    queryFn: async ({ signal }) => {
      const query = { task, event_type: "task.evidence_taken", limit: runsShown };
      return evidenceRuns((await hub.call(listActivity, { params: { project }, query, signal })).activity);
    },
  });

/** The pieces of a task's output that one command printed. They never change. */
export const evidenceOutputQuery = (
  { project_id, id }: Pick<Task, "project_id" | "id">,
  { first, last }: { first: number; last: number },
) =>
  queryOptions({
    queryKey: ["evidence-output", id, first, last],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      const pieces: TaskOutput[] = [];
      for (let after: number | null = first - 1; after !== null && after < last; ) {
        const query: { after: number; limit: number } = { after, limit: Math.min(pageLength, last - after) };
        const page = await hub.call(listTaskOutput, { params: { project: project_id, task: id }, query, signal });
        pieces.push(...page.output);
        after = page.next;
      }
      return pieces;
    },
  });
