import * as operations from "@orchestratia/protocol/operations/agents";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance } from "fastify";
import { orchestrates, parentOfNewTask } from "../access/agent-powers.ts";
import { serve } from "../http/serve.ts";
import { answerTask } from "./answer-task.ts";
import { assignTask } from "./assign-task.ts";
import { cancelTask } from "./cancel-task.ts";
import { checkTasks } from "./check-tasks.ts";
import { createTask } from "./create-task.ts";
import type { Engine } from "./engine.ts";
import { versionOf } from "./if-match.ts";
import { listTasks } from "./list-tasks.ts";
import { agentOf, mustBeOwnProject, taskOfAgent, taskToChangeByAgent } from "./named-task.ts";
import { resolveNewTask } from "./new-task-refs.ts";
import { cursorOf, pageEndOf } from "./page-cursor.ts";
import { findStartedTask } from "./started-task.ts";
import { resolveTaskFilter } from "./task-conditions.ts";
import { updateTask } from "./update-task.ts";

/** Version 1 clients ask without a limit and look ids up in what they get. */
const PAGE = 1_000;

/** Tasks, for agents: what any session of the project may see and an orchestrator may arrange. */
export function agentTaskRoutes(app: FastifyInstance, engine: Engine): void {
  const { database } = engine;

  serve(app, operations.agentListTasks, async ({ caller, query }) => {
    await mustBeOwnProject(database, caller, query.project_id);
    const { projectId } = agentOf(caller);
    const { project_id: _, after, limit = PAGE, q, sort, ...filter } = query;
    const resolved = await resolveTaskFilter(database, projectId, filter);
    const end = after === undefined ? undefined : pageEndOf(after, sort);
    const { tasks, next } = await listTasks(engine, projectId, { ...resolved, q, sort, limit, after: end });
    return { tasks, next: next && cursorOf(next) };
  });

  serve(app, operations.agentCreateTask, async ({ caller, body, reply }) => {
    const agent = agentOf(caller);
    await mustBeOwnProject(database, caller, body.project_id);
    const task = await resolveNewTask(database, agent.projectId, body);
    const started = orchestrates(agent) ? undefined : await findStartedTask(database.sql, agent);
    const parent_id = parentOfNewTask(agent, task.parent_id, started);
    const { taskId, warnings } = await createTask(engine, caller, agent.projectId, { ...task, parent_id });
    return answerTask(engine, reply, taskId, warnings);
  });

  serve(app, operations.agentCheckTasks, async ({ caller, query }) => {
    const tasks = await checkTasks(engine, agentOf(caller), query.session_id);
    return { count: tasks.length, tasks };
  });

  serve(app, operations.agentViewTask, async ({ caller, params, reply }) =>
    answerTask(engine, reply, await taskOfAgent(database, caller, params.task)),
  );

  serve(app, operations.agentUpdateTask, async ({ caller, params, body, request, reply }) => {
    const ifMatch = request.headers["if-match"];
    const id = await taskToChangeByAgent(database, caller, params.task);
    if (caller.kind === "session" && ifMatch === undefined) {
      throw new Problem(
        "version_conflict",
        "Send If-Match with the task's version as you read it: its ETag, or * for any.",
      );
    }
    const warnings = await updateTask(engine, caller, id, body, versionOf(ifMatch));
    return answerTask(engine, reply, id, warnings);
  });

  serve(app, operations.agentCancelTask, async ({ caller, params, reply }) => {
    const id = await taskOfAgent(database, caller, params.task);
    await cancelTask(engine, caller, id);
    return answerTask(engine, reply, id);
  });

  serve(app, operations.agentAssignTask, async ({ caller, params, body, reply }) => {
    const id = await taskOfAgent(database, caller, params.task);
    await assignTask(engine, caller, id, body);
    return answerTask(engine, reply, id);
  });
}
