import * as operations from "@orchestratia/protocol/operations/people";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import { mustWrite, projectFor } from "../projects/access.ts";
import { closeSession } from "./close-session.ts";
import { getSession, listSessions } from "./queries.ts";
import type { SessionHub } from "./session-hub.ts";
import { startSession } from "./start-session.ts";

/** Sessions, for people. */
export function sessionRoutes(app: FastifyInstance, hub: SessionHub): void {
  const { database } = hub;

  serve(app, operations.listSessions, async ({ caller, params, query }) => {
    const project = await projectFor(database, caller, params.project);
    return { sessions: await listSessions(database.sql, project.id, query.live ?? false) };
  });

  serve(app, operations.createSession, async ({ caller, params, body }) => {
    const project = await projectFor(database, caller, params.project);
    mustWrite(project);
    const { server_id: serverId, working_directory: workingDirectory, ...rest } = body;
    const start = { ...rest, caller, projectId: project.id, serverId, workingDirectory, startedByHub: false };
    const session = await startSession(hub, start);
    return getSession(database.sql, project.id, session.id);
  });

  serve(app, operations.viewSession, async ({ caller, params }) => {
    const project = await projectFor(database, caller, params.project);
    return getSession(database.sql, project.id, params.session);
  });

  serve(app, operations.closeSession, async ({ caller, params }) => {
    const project = await projectFor(database, caller, params.project);
    mustWrite(project);
    const session = await getSession(database.sql, project.id, params.session);
    await closeSession(hub, caller, session.id);
    return getSession(database.sql, project.id, session.id);
  });
}
