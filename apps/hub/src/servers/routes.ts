import { agentListServers } from "@orchestratia/protocol/operations/agents";
import * as daemons from "@orchestratia/protocol/operations/daemons";
import * as people from "@orchestratia/protocol/operations/people";
import * as admin from "@orchestratia/protocol/operations/servers-admin";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { encodeCursor, readCursor } from "../db/keyset-cursor.ts";
import { serve, servePublic } from "../http/serve.ts";
import { daemonOf } from "./daemon-of.ts";
import { heartbeat } from "./heartbeat.ts";
import { getServer, listServers } from "./queries.ts";
import { registerServer } from "./register-server.ts";
import { createRegistrationToken } from "./registration-token.ts";
import type { Servers } from "./servers.ts";
import { updateServer } from "./update-server.ts";

export interface ServerRouteParts {
  servers: Servers;
  /** A daemon has read its grants: with version 1 that ends what it has to report after a connect. */
  inventoryEnded: (serverId: string) => void;
}

export function serverRoutes(app: FastifyInstance, { servers, inventoryEnded }: ServerRouteParts): void {
  const { database, isConnected } = servers;

  serve(app, people.createRegistrationToken, async ({ caller, project, body }) => {
    return createRegistrationToken(servers, caller, project.id, body.expires_in_seconds);
  });

  serve(app, people.listServers, async ({ project, query }) => {
    const after = query.after === undefined ? undefined : readCursor(query.after, z.tuple([z.string()]))[0];
    const { servers, next } = await listServers(database.sql, project.id, isConnected, { ...query, after });
    return { servers, next: next === null ? null : encodeCursor([next]) };
  });

  serve(app, admin.viewServer, async ({ project, params }) => {
    return getServer(database.sql, project.id, params.server, isConnected);
  });

  serve(app, admin.updateServer, async ({ caller, project, params, body }) => {
    const id = await updateServer(servers, caller, project.id, params.server, body);
    return getServer(database.sql, project.id, id, isConnected);
  });

  serve(app, agentListServers, async ({ caller }) => {
    if (caller.kind !== "session" && caller.kind !== "server") throw new Problem("forbidden");
    const { servers } = await listServers(database.sql, caller.projectId, isConnected);
    return { servers };
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
