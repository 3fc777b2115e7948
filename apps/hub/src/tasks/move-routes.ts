import * as operations from "@orchestratia/protocol/operations/task-moves";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import { answerTask } from "./answer-task.ts";
import { archiveTask, unarchiveTask } from "./archive-task.ts";
import type { Engine } from "./engine.ts";
import { failTask } from "./fail-task.ts";
import { listPlans } from "./list-plans.ts";
import { taskOfAgent } from "./named-task.ts";
import { approvePlan, revisePlan } from "./plan-task.ts";
import { reopenTask } from "./reopen-task.ts";
import { requeueTask } from "./requeue-task.ts";
import { retryTask } from "./retry-task.ts";
import { resolveTaskRef } from "./task-ref.ts";

/** What else people do with a task's course, and orchestrators with its plan. */
export function moveRoutes(app: FastifyInstance, engine: Engine): void {
  const { database } = engine;

  serve(app, operations.failTask, async ({ caller, project, params, body, reply }) => {
    const id = await resolveTaskRef(database, project.id, params.task);
    await failTask(engine, caller, id, body.error);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.requeueTask, async ({ caller, project, params, body, reply }) => {
    const id = await resolveTaskRef(database, project.id, params.task);
    await requeueTask(engine, caller, id, body.reason ?? "somebody put it back into the queue");
    return answerTask(engine, reply, id);
  });

  serve(app, operations.retryTask, async ({ caller, project, params, reply }) => {
    const id = await resolveTaskRef(database, project.id, params.task);
    await retryTask(engine, caller, id);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.reopenTask, async ({ caller, project, params, reply }) => {
    const id = await resolveTaskRef(database, project.id, params.task);
    await reopenTask(engine, caller, id);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.archiveTask, async ({ caller, project, params, reply }) => {
    const id = await resolveTaskRef(database, project.id, params.task);
    await archiveTask(engine, caller, id);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.unarchiveTask, async ({ caller, project, params, reply }) => {
    const id = await resolveTaskRef(database, project.id, params.task);
    await unarchiveTask(engine, caller, id);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.listPlans, async ({ project, params }) => {
    const id = await resolveTaskRef(database, project.id, params.task);
    return { revisions: await listPlans(database.sql, id) };
  });

  serve(app, operations.agentListPlans, async ({ caller, params }) => ({
    revisions: await listPlans(database.sql, await taskOfAgent(database, caller, params.task)),
  }));

  serve(app, operations.agentApprovePlan, async ({ caller, params, reply }) => {
    const id = await taskOfAgent(database, caller, params.task);
    await approvePlan(engine, caller, id);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.agentRevisePlan, async ({ caller, params, body, reply }) => {
    const id = await taskOfAgent(database, caller, params.task);
    await revisePlan(engine, caller, id, body.feedback);
    return answerTask(engine, reply, id);
  });
}
