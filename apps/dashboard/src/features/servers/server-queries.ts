import { createRegistrationToken, listServers } from "@orchestratia/protocol/operations/people";
import { queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";

export const serversQuery = (project: string) =>
  queryOptions({
    queryKey: ["servers", project],
    queryFn: async ({ signal }) => (await hub.call(listServers, { params: { project }, signal })).servers,
    // Load comes with heartbeats, and those are no facts.
    refetchInterval: 30_000,
  });

export const makeRegistrationToken = (project: string) =>
  hub.call(createRegistrationToken, { params: { project }, body: {} });
