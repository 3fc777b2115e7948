import { listInterventions, respondIntervention } from "@orchestratia/protocol/operations/people";
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
