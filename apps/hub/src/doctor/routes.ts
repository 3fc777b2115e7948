import { diagnoseProject } from "@orchestratia/protocol/operations/doctor";
import type { FastifyInstance } from "fastify";
import type { Database } from "../db/database.ts";
import { serve } from "../http/serve.ts";
import type { ServerConnections } from "../server-link/connections.ts";
import { diagnose } from "./diagnose.ts";

/** What the hub knows of everything that waits, for people. */
export function doctorRoutes(
  app: FastifyInstance,
  { database, connections }: { database: Database; connections: Pick<ServerConnections, "connected"> },
): void {
  serve(app, diagnoseProject, async ({ project }) => {
    const projectId = project.id;
    return diagnose(database.sql, { projectId, connectedServers: connections.connected() });
  });
}
