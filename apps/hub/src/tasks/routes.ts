import * as operations from "@orchestratia/protocol/operations/people-tasks";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import { answerTask } from "./answer-task.ts";
import { assignTask, unassignTask } from "./assign-task.ts";
import { cancelTask } from "./cancel-task.ts";
import { createTask } from "./create-task.ts";
import type { Engine } from "./engine.ts";
import { versionOf } from "./if-match.ts";
import { listTasks } from "./list-tasks.ts";
import { resolveNewTask } from "./new-task-refs.ts";
import { cursorOf, pageEndOf } from "./page-cursor.ts";
import { approvePlan, revisePlan } from "./plan-task.ts";
import { approveTask, requestChanges } from "./review-decision.ts";
import { resolveTaskFilter } from "./task-conditions.ts";
import { resolveTaskRef } from "./task-ref.ts";
import { updateTask } from "./update-task.ts";

const PAGE = 50;

/** Tasks, for people. */
export function taskRoutes(app: FastifyInstance, engine: Engine): void {
  const { database } = engine;

  serve(app, operations.listTasks, async ({ project, query }) => {
    const { after, limit = PAGE, q, sort, ...filter } = query;
    const resolved = await resolveTaskFilter(database, project.id, filter);
    const end = after === undefined ? undefined : pageEndOf(after, sort);
    const { tasks, next } = await listTasks(engine, project.id, { ...resolved, q, sort, limit, after: end });
    return { tasks, next: next && cursorOf(next) };
  });

  serve(app, operations.createTask, async ({ caller, project, body, reply }) => {
    const task = await resolveNewTask(database, project.id, body);
    const { taskId, warnings } = await createTask(engine, caller, project.id, task);
    return answerTask(engine, reply, taskId, warnings);
  });

  serve(app, operations.viewTask, async ({ project, params, reply }) =>
    answerTask(engine, reply, await resolveTaskRef(database, project.id, params.task)),
  );

  serve(app, operations.updateTask, async ({ caller, project, params, body, request, reply }) => {
    const id = await resolveTaskRef(database, project.id, params.task);
    const warnings = await updateTask(engine, caller, id, body, versionOf(request.headers["if-match"]));
    return answerTask(engine, reply, id, warnings);
  });

  serve(app, operations.cancelTask, async ({ caller, project, params, reply }) => {
    const id = await resolveTaskRef(database, project.id, params.task);
    await cancelTask(engine, caller, id);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.assignTask, async ({ caller, project, params, body, reply }) => {
    const id = await resolveTaskRef(database, project.id, params.task);
    await assignTask(engine, caller, id, body);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.unassignTask, async ({ caller, project, params, reply }) => {
    const id = await resolveTaskRef(database, project.id, params.task);
    await unassignTask(engine, caller, id);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.approvePlan, async ({ caller, project, params, reply }) => {
    const id = await resolveTaskRef(database, project.id, params.task);
    await approvePlan(engine, caller, id);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.revisePlan, async ({ caller, project, params, body, reply }) => {
    const id = await resolveTaskRef(database, project.id, params.task);
    await revisePlan(engine, caller, id, body.feedback);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.approveTask, async ({ caller, project, params, reply }) => {
    const id = await resolveTaskRef(database, project.id, params.task);
    await approveTask(engine, caller, id);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.requestChanges, async ({ caller, project, params, body, reply }) => {
    const id = await resolveTaskRef(database, project.id, params.task);
    await requestChanges(engine, caller, id, body.feedback);
    return answerTask(engine, reply, id);
  });
}
