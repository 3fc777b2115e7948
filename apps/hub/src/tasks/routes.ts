import * as operations from "@orchestratia/protocol/operations/people-tasks";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import { mustWrite, projectFor } from "../projects/access.ts";
import { answerTask } from "./answer-task.ts";
import { assignTask, unassignTask } from "./assign-task.ts";
import { cancelTask } from "./cancel-task.ts";
import { createTask } from "./create-task.ts";
import type { Engine } from "./engine.ts";
import { versionOf } from "./if-match.ts";
import { taskToChange, taskToRead } from "./named-task.ts";
import { resolveNewTask } from "./new-task-refs.ts";
import { cursorOf, numberOf } from "./page-cursor.ts";
import { approvePlan, revisePlan } from "./plan-task.ts";
import { listTasks } from "./queries.ts";
import { approveTask, requestChanges } from "./review-decision.ts";
import { updateTask } from "./update-task.ts";

const PAGE = 50;

/** Tasks, for people. */
export function taskRoutes(app: FastifyInstance, engine: Engine): void {
  const { database } = engine;

  serve(app, operations.listTasks, async ({ caller, params, query }) => {
    const project = await projectFor(database, caller, params.project);
    const { tasks, next } = await listTasks(engine, project.id, {
      status: query.status,
      limit: query.limit ?? PAGE,
      below: query.after === undefined ? undefined : numberOf(query.after),
    });
    return { tasks, next: next === null ? null : cursorOf(next) };
  });

  serve(app, operations.createTask, async ({ caller, params, body, reply }) => {
    const project = await projectFor(database, caller, params.project);
    mustWrite(project);
    const task = await resolveNewTask(database, project.id, body);
    const { taskId, warnings } = await createTask(engine, caller, project.id, task);
    return answerTask(engine, reply, taskId, warnings);
  });

  serve(app, operations.viewTask, async ({ caller, params, reply }) =>
    answerTask(engine, reply, await taskToRead(database, caller, params)),
  );

  serve(app, operations.updateTask, async ({ caller, params, body, request, reply }) => {
    const id = await taskToChange(database, caller, params);
    const warnings = await updateTask(engine, caller, id, body, versionOf(request.headers["if-match"]));
    return answerTask(engine, reply, id, warnings);
  });

  serve(app, operations.cancelTask, async ({ caller, params, reply }) => {
    const id = await taskToChange(database, caller, params);
    await cancelTask(engine, caller, id);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.assignTask, async ({ caller, params, body, reply }) => {
    const id = await taskToChange(database, caller, params);
    await assignTask(engine, caller, id, body);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.unassignTask, async ({ caller, params, reply }) => {
    const id = await taskToChange(database, caller, params);
    await unassignTask(engine, caller, id);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.approvePlan, async ({ caller, params, reply }) => {
    const id = await taskToChange(database, caller, params);
    await approvePlan(engine, caller, id);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.revisePlan, async ({ caller, params, body, reply }) => {
    const id = await taskToChange(database, caller, params);
    await revisePlan(engine, caller, id, body.feedback);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.approveTask, async ({ caller, params, reply }) => {
    const id = await taskToChange(database, caller, params);
    await approveTask(engine, caller, id);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.requestChanges, async ({ caller, params, body, reply }) => {
    const id = await taskToChange(database, caller, params);
    await requestChanges(engine, caller, id, body.feedback);
    return answerTask(engine, reply, id);
  });
}
