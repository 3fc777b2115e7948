import {
  listRegistrationTokens,
  listServerKeys,
  revokeRegistrationToken,
  revokeServerKey,
  rotateServerKey,
} from "@orchestratia/protocol/operations/server-keys";
import type { Server } from "@orchestratia/protocol/servers";
import { queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";

type OneServer = Pick<Server, "id" | "project_id">;
const named = ({ project_id, id }: OneServer) => ({ project: project_id, server: id });

/** What a server signs in with, newest first. */
export const serverKeysQuery = (server: OneServer) =>
  queryOptions({
    queryKey: ["server_keys", server.project_id, server.id],
    queryFn: async ({ signal }) => (await hub.call(listServerKeys, { params: named(server), signal })).keys,
  });

export const rotateKey = (server: OneServer, overlapSeconds: number) =>
  hub.call(rotateServerKey, { params: named(server), body: { overlap_seconds: overlapSeconds } });

export const revokeKey = (server: OneServer, key: string) =>
  hub.call(revokeServerKey, { params: { ...named(server), key } });

/** What machines register with, newest first. */
export const registrationTokensQuery = (project: string) =>
  queryOptions({
    queryKey: ["registration_tokens", project],
    queryFn: async ({ signal }) =>
      (await hub.call(listRegistrationTokens, { params: { project }, signal })).registration_tokens,
  });

export const revokeToken = (project: string, token: string) =>
  hub.call(revokeRegistrationToken, { params: { project, token } });
