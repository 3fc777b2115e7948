import * as agents from "@orchestratia/protocol/operations/agents";
import * as people from "@orchestratia/protocol/operations/people-tasks";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import type { Engine } from "../tasks/engine.ts";
import { taskOfAgent, taskToRead } from "../tasks/named-task.ts";
import { explainTask } from "./explain-task.ts";

/** Why this server: for people and for agents. */
export function matchingRoutes(app: FastifyInstance, engine: Engine): void {
  const { database } = engine;

  serve(app, people.explainMatch, async ({ caller, params }) =>
    explainTask(engine, await taskToRead(database, caller, params)),
  );

  serve(app, agents.agentExplainMatch, async ({ caller, params }) =>
    explainTask(engine, await taskOfAgent(database, caller, params.task)),
  );
}
