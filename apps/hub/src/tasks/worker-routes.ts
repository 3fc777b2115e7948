import * as operations from "@orchestratia/protocol/operations/agents";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import { answerTask } from "./answer-task.ts";
import { completeTask } from "./complete-task.ts";
import type { Engine } from "./engine.ts";
import { failTask } from "./fail-task.ts";
import { helpTask } from "./help-task.ts";
import { taskOfAgent } from "./named-task.ts";
import { planTask } from "./plan-task.ts";
import { submitTask } from "./review-decision.ts";
import { startTask } from "./start-task.ts";

const WHOLE_ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** What a worker reports on its task; who the worker is, the commands decide. */
export function workerRoutes(app: FastifyInstance, engine: Engine): void {
  const { database } = engine;

  serve(app, operations.agentStartTask, async ({ caller, params, reply }) => {
    const id = await taskOfAgent(database, caller, params.task);
    await startTask(engine, caller, id);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.agentCompleteTask, async ({ caller, params, body, reply }) => {
    // Somebody waits for the task that this frees. A whole id needs no look-up: the command refuses a foreign one.
    const id = WHOLE_ID.test(params.task) ? params.task : await taskOfAgent(database, caller, params.task);
    await completeTask(engine, caller, id, body);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.agentSubmitTask, async ({ caller, params, body, reply }) => {
    const id = await taskOfAgent(database, caller, params.task);
    await submitTask(engine, caller, id, body);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.agentFailTask, async ({ caller, params, body, reply }) => {
    const id = await taskOfAgent(database, caller, params.task);
    await failTask(engine, caller, id, body.error);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.agentPlanTask, async ({ caller, params, body, reply }) => {
    const id = await taskOfAgent(database, caller, params.task);
    await planTask(engine, caller, id, body.plan);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.agentHelpTask, async ({ caller, params, body }) =>
    helpTask(engine, caller, await taskOfAgent(database, caller, params.task), body),
  );
}
