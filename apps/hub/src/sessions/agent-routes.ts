import * as operations from "@orchestratia/protocol/operations/agents";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import { agentOf, mustBeOwnProject } from "../tasks/named-task.ts";
import type { TaskSources } from "../tasks/queries.ts";
import { describeSelf } from "./agent-self.ts";
import { listSessions } from "./queries.ts";
import type { SessionHub } from "./session-hub.ts";

/** Sessions, for agents. */
export function agentSessionRoutes(app: FastifyInstance, hub: SessionHub, tasks: TaskSources): void {
  serve(app, operations.agentListSessions, async ({ caller, query }) => {
    await mustBeOwnProject(hub.database, caller, query.project_id);
    const { sessions } = await listSessions(hub.database.sql, agentOf(caller).projectId, { live: true });
    return { sessions };
  });

  serve(app, operations.agentStatus, ({ caller, query }) => describeSelf(tasks, agentOf(caller), query.session_id));
}
