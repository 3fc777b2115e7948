import type { Intervention } from "@orchestratia/protocol/interventions";
import { viewIntervention } from "@orchestratia/protocol/operations/interventions";
import { listInterventions, respondIntervention } from "@orchestratia/protocol/operations/people";
import type { Task } from "@orchestratia/protocol/tasks";
import { queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";

/** What waits for an answer in a project. */
export const openInterventionsQuery = (project: string) =>
  queryOptions({
    queryKey: ["interventions", project],
    queryFn: async ({ signal }) => {
      const query = { status: "pending" as const };
      return (await hub.call(listInterventions, { params: { project }, query, signal })).interventions;
    },
  });

export const answerIntervention = (params: { project: string; intervention: string }, response: string) =>
  hub.call(respondIntervention, { params, body: { response } });

/** What was ever asked about a task, newest first. */
export const taskInterventionsQuery = ({ project_id, id }: Pick<Task, "project_id" | "id">) =>
  queryOptions({
    queryKey: ["interventions", project_id, id],
    queryFn: ({ signal }) =>
      hub.call(listInterventions, { params: { project: project_id }, query: { task_id: id, limit: 100 }, signal }),
  });

/** What became of a question that was open. */
export const interventionQuery = ({ project_id, id }: Pick<Intervention, "project_id" | "id">) =>
  queryOptions({
    queryKey: ["interventions", project_id, "one", id],
    queryFn: ({ signal }) => hub.call(viewIntervention, { params: { project: project_id, intervention: id }, signal }),
  });
