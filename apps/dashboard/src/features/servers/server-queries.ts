import { createRegistrationToken, listServers } from "@orchestratia/protocol/operations/people";
import { updateServer } from "@orchestratia/protocol/operations/servers-admin";
import type { Server, ServerChanges } from "@orchestratia/protocol/servers";
import { type QueryClient, queryOptions } from "@tanstack/react-query";
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

export const changeServer = ({ project_id, id }: Server, body: ServerChanges) =>
  hub.call(updateServer, { params: { project: project_id, server: id }, body });

/** The hub's answer to a change is the server as it is now: shown at once, whatever the socket does. */
export function showServer(queries: QueryClient, server: Server): void {
  queries.setQueryData<Server[]>(["servers", server.project_id], (known) =>
    known?.map((each) => (each.id === server.id ? server : each)),
  );
}
