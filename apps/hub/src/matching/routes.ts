import * as agents from "@orchestratia/protocol/operations/agents";
import * as people from "@orchestratia/protocol/operations/people-tasks";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import type { Engine } from "../tasks/engine.ts";
import { taskOfAgent } from "../tasks/named-task.ts";
import { resolveTaskRef } from "../tasks/task-ref.ts";
import { explainTask } from "./explain-task.ts";

/** Why this server: for people and for agents. */
export function matchingRoutes(app: FastifyInstance, engine: Engine): void {
  const { database } = engine;

  serve(app, people.explainMatch, async ({ project, params }) =>
    explainTask(engine, await resolveTaskRef(database, project.id, params.task)),
  );

  serve(app, agents.agentExplainMatch, async ({ caller, params }) =>
    explainTask(engine, await taskOfAgent(database, caller, params.task)),
  );
}
