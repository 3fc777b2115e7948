import * as operations from "@orchestratia/protocol/operations/server-keys";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import { getServer } from "./queries.ts";
import { listRegistrationTokens, revokeRegistrationToken } from "./registration-tokens.ts";
import { revokeKey } from "./revoke-key.ts";
import { rotateKey } from "./rotate-key.ts";
import { getServerKey, listServerKeys } from "./server-keys.ts";
import type { Servers } from "./servers.ts";

/** What machines sign in and register with, for people. */
export function serverKeyRoutes(app: FastifyInstance, servers: Servers): void {
  const { database, isConnected } = servers;
  const serverOf = (projectId: string, ref: string) => getServer(database.sql, projectId, ref, isConnected);

  serve(app, operations.listServerKeys, async ({ project, params }) => {
    const { id } = await serverOf(project.id, params.server);
    return { keys: await listServerKeys(database.sql, id) };
  });

  serve(app, operations.rotateServerKey, async ({ caller, project, params, body }) =>
    rotateKey(servers, caller, await serverOf(project.id, params.server), body.overlap_seconds),
  );

  serve(app, operations.revokeServerKey, async ({ caller, project, params }) => {
    const server = await serverOf(project.id, params.server);
    await revokeKey(servers, caller, server, params.key);
    return getServerKey(database.sql, server.id, params.key);
  });

  serve(app, operations.listRegistrationTokens, async ({ project }) => ({
    registration_tokens: await listRegistrationTokens(database.sql, project.id),
  }));

  serve(app, operations.revokeRegistrationToken, ({ caller, project, params }) =>
    revokeRegistrationToken(servers, caller, project.id, params.token),
  );
}
