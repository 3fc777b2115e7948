import * as operations from "@orchestratia/protocol/operations/remote";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import { serveLines } from "../http/serve-lines.ts";
import { agentOf, mustBeOwnProject } from "../tasks/named-task.ts";
import { captureScrollback } from "./capture-scrollback.ts";
import { execInSession } from "./exec-in-session.ts";
import { readInSession } from "./read-in-session.ts";
import type { Remote } from "./remote.ts";
import { sendFile } from "./send-file.ts";
import { viewTransfer } from "./view-transfer.ts";

export function remoteRoutes(app: FastifyInstance, remote: Remote): void {
  const { database } = remote.hub;

  serveLines(app, operations.agentRemoteExec, async ({ caller, query, body }, lines) => {
    await mustBeOwnProject(database, caller, query.project_id);
    return execInSession(remote, agentOf(caller), body, lines);
  });

  serve(app, operations.agentRemoteRead, async ({ caller, query, body }) => {
    await mustBeOwnProject(database, caller, query.project_id);
    return readInSession(remote, agentOf(caller), body);
  });

  serve(app, operations.agentSendFile, async ({ caller, body }) => {
    await mustBeOwnProject(database, caller, body.project_id);
    return sendFile(remote, agentOf(caller), body);
  });

  serve(app, operations.agentViewFileTransfer, ({ caller, params }) =>
    viewTransfer(remote, agentOf(caller).projectId, params.transfer),
  );

  serve(app, operations.captureScrollback, ({ project, params }) =>
    captureScrollback(remote, project.id, params.session),
  );
}
