import * as operations from "@orchestratia/protocol/operations/people";
import { listHubActivity } from "@orchestratia/protocol/operations/users";
import type { FastifyInstance } from "fastify";
import type { Database } from "../db/database.ts";
import { serve } from "../http/serve.ts";
import { projectFor } from "../projects/access.ts";
import { resolveTaskRef } from "../tasks/task-ref.ts";
import { listActivity } from "./queries.ts";

/** What happened, for people. */
export function activityRoutes(app: FastifyInstance, database: Database): void {
  serve(app, operations.listActivity, async ({ project, query }) => {
    const { task, session_id: sessionId, server_id: serverId, event_type: eventType, ...rest } = query;
    const taskId = task === undefined ? undefined : await resolveTaskRef(database, project.id, task);
    return {
      activity: await listActivity(database.sql, project.id, { ...rest, taskId, sessionId, serverId, eventType }),
    };
  });

  serve(app, listHubActivity, async ({ caller, query }) => {
    const { project, hub_only, task_id: taskId, session_id: sessionId, server_id: serverId, ...rest } = query;
    const { event_type: eventType, ...page } = rest;
    const id = project === undefined ? undefined : (await projectFor(database, caller, project)).id;
    const of = hub_only ? null : id;
    return { activity: await listActivity(database.sql, of, { ...page, taskId, sessionId, serverId, eventType }) };
  });
}
