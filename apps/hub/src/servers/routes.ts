import { agentListServers } from "@orchestratia/protocol/operations/agents";
import * as daemons from "@orchestratia/protocol/operations/daemons";
import * as people from "@orchestratia/protocol/operations/people";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance } from "fastify";
import type { Caller } from "../access/caller.ts";
import { serve, servePublic } from "../http/serve.ts";
import { mustWrite, projectFor } from "../projects/access.ts";
import { heartbeat } from "./heartbeat.ts";
import { listServers } from "./queries.ts";
import { registerServer } from "./register-server.ts";
import { createRegistrationToken } from "./registration-token.ts";
import type { Servers } from "./servers.ts";

export interface ServerRouteParts {
  servers: Servers;
  /** A daemon has read its grants: with version 1 that ends what it has to report after a connect. */
  inventoryEnded: (serverId: string) => void;
}

export function serverRoutes(app: FastifyInstance, { servers, inventoryEnded }: ServerRouteParts): void {
  const { database, isConnected } = servers;

  serve(app, people.createRegistrationToken, async ({ caller, params, body }) => {
    const project = await projectFor(database, caller, params.project);
    mustWrite(project);
    return createRegistrationToken(servers, caller, project.id, body.expires_in_seconds);
  });

  serve(app, people.listServers, async ({ caller, params }) => {
    const project = await projectFor(database, caller, params.project);
    return { servers: await listServers(database.sql, project.id, isConnected) };
  });

  serve(app, agentListServers, async ({ caller }) => {
    if (caller.kind !== "session" && caller.kind !== "server") throw new Problem("forbidden");
    return { servers: await listServers(database.sql, caller.projectId, isConnected) };
  });

  servePublic(app, daemons.registerServer, ({ body, request }) => registerServer(servers, body, request.ip));

  serve(app, daemons.heartbeat, async ({ caller, body }) => {
    await heartbeat(servers, daemonOf(caller), body);
    return { ok: true } as const;
  });

  serve(app, daemons.listAccessGrants, ({ caller }) => {
    inventoryEnded(daemonOf(caller).id);
    return [];
  });
}

function daemonOf(caller: Caller): Extract<Caller, { kind: "server" }> {
  if (caller.kind !== "server") throw new Problem("forbidden", "This needs the server's own key.");
  return caller;
}
