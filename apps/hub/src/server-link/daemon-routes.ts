import * as daemons from "@orchestratia/protocol/operations/daemons";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance } from "fastify";
import { serve, servePublic } from "../http/serve.ts";
import { daemonOf } from "../servers/daemon-of.ts";
import type { SessionHub } from "../sessions/session-hub.ts";

/** What version 1 daemons ask of the hub besides their work. */
export function daemonRoutes(app: FastifyInstance, { sessions, log }: SessionHub): void {
  servePublic(app, daemons.health, () => ({ status: "ok" }) as const);

  serve(app, daemons.listPendingFiles, () => []);

  serve(app, daemons.listPendingPulls, () => []);

  serve(app, daemons.reportMcpStatus, ({ caller, params, body }) => {
    const { id } = daemonOf(caller);
    const session = sessions.get(params.session);
    if (session?.serverId !== id) throw new Problem("session_not_found");
    log.info({ session_id: session.id, ...body }, "a daemon has seen to the MCP configuration of a session");
    return { session_id: session.id, mcp_status: body.mcp_status };
  });
}
