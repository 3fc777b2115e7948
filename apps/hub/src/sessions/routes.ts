import { markSessionReady as markReady } from "@orchestratia/protocol/operations/doctor";
import * as operations from "@orchestratia/protocol/operations/people";
import { revokeSessionToken as revokeToken } from "@orchestratia/protocol/operations/server-keys";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { encodeCursor, readCursor } from "../db/keyset-cursor.ts";
import { serve } from "../http/serve.ts";
import { closeSession } from "./close-session.ts";
import { markSessionReady } from "./mark-ready.ts";
import { getSession, listSessions } from "./queries.ts";
import { revokeSessionToken } from "./revoke-token.ts";
import type { SessionHub } from "./session-hub.ts";
import { startSession } from "./start-session.ts";

/** Sessions, for people. */
export function sessionRoutes(app: FastifyInstance, hub: SessionHub): void {
  const { database } = hub;

  serve(app, operations.listSessions, async ({ project, query }) => {
    const { after, agent_status: agentStatus, ...rest } = query;
    const page = { ...rest, agentStatus, after: after === undefined ? undefined : endOf(after) };
    const { sessions, next } = await listSessions(database.sql, project.id, page);
    return { sessions, next: next && encodeCursor([next.live, next.number]) };
  });

  serve(app, operations.createSession, async ({ caller, project, body }) => {
    const { server_id: serverId, working_directory: workingDirectory, ...rest } = body;
    const start = { ...rest, caller, projectId: project.id, serverId, workingDirectory, startedByHub: false };
    const session = await startSession(hub, start);
    return getSession(database.sql, project.id, session.id);
  });

  serve(app, operations.viewSession, async ({ project, params }) => {
    return getSession(database.sql, project.id, params.session);
  });

  serve(app, operations.closeSession, async ({ caller, project, params }) => {
    const session = await getSession(database.sql, project.id, params.session);
    await closeSession(hub, caller, session.id);
    return getSession(database.sql, project.id, session.id);
  });

  serve(app, revokeToken, async ({ caller, project, params }) => {
    const session = await getSession(database.sql, project.id, params.session);
    await revokeSessionToken(hub, caller, session);
    return getSession(database.sql, project.id, session.id);
  });

  serve(app, markReady, async ({ caller, project, params, body }) => {
    const session = await getSession(database.sql, project.id, params.session);
    await markSessionReady(hub, caller, session.id, body.agent);
    return getSession(database.sql, project.id, session.id);
  });
}

/** Throws invalid_request for a made-up cursor. */
function endOf(cursor: string): { live: boolean; number: number } {
  const [live, number] = readCursor(cursor, z.tuple([z.boolean(), z.number().int().min(0).max(2_147_483_647)]));
  return { live, number };
}
