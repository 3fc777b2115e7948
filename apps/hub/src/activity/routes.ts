import * as operations from "@orchestratia/protocol/operations/people";
import type { FastifyInstance } from "fastify";
import type { Database } from "../db/database.ts";
import { serve } from "../http/serve.ts";
import { projectFor } from "../projects/access.ts";
import { resolveTaskRef } from "../tasks/task-ref.ts";
import { listActivity } from "./queries.ts";

/** What happened, for people. */
export function activityRoutes(app: FastifyInstance, database: Database): void {
  serve(app, operations.listActivity, async ({ caller, params, query }) => {
    const project = await projectFor(database, caller, params.project);
    const { after, before, limit, task, session_id: sessionId, event_type: eventType } = query;
    const taskId = task === undefined ? undefined : await resolveTaskRef(database, project.id, task);
    return {
      activity: await listActivity(database.sql, project.id, { after, before, limit, taskId, sessionId, eventType }),
    };
  });
}
