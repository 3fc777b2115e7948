import * as operations from "@orchestratia/protocol/operations/output";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import type { Engine } from "../tasks/engine.ts";
import { taskOfAgent } from "../tasks/named-task.ts";
import { resolveTaskRef } from "../tasks/task-ref.ts";
import { addOutput } from "./add-output.ts";
import { listOutput } from "./queries.ts";

/** What tasks printed, for people and agents. */
export function outputRoutes(app: FastifyInstance, engine: Engine): void {
  const { database } = engine;

  serve(app, operations.listTaskOutput, async ({ project, params, query }) =>
    listOutput(database.sql, await resolveTaskRef(database, project.id, params.task), query),
  );

  serve(app, operations.agentListTaskOutput, async ({ caller, params, query }) =>
    listOutput(database.sql, await taskOfAgent(database, caller, params.task), query),
  );

  serve(app, operations.agentAddTaskOutput, async ({ caller, params, body }) =>
    addOutput(engine, caller, await taskOfAgent(database, caller, params.task), body),
  );
}
