import * as agents from "@orchestratia/protocol/operations/agents";
import * as people from "@orchestratia/protocol/operations/people-tasks";
import type { AddedDependency, NewDependency } from "@orchestratia/protocol/tasks";
import type { ProjectId, TaskId } from "@orchestratia/protocol/vocabulary";
import type { FastifyInstance } from "fastify";
import type { Caller } from "../access/caller.ts";
import { serve } from "../http/serve.ts";
import { answerTask } from "../tasks/answer-task.ts";
import type { Engine } from "../tasks/engine.ts";
import { agentOf, taskToChangeByAgent } from "../tasks/named-task.ts";
import { resolveTaskRef } from "../tasks/task-ref.ts";
import { addDependency } from "./add-dependency.ts";
import { getDependency } from "./queries.ts";
import { removeDependency } from "./remove-dependency.ts";

/** Dependencies, for people and for agents. */
export function dependencyRoutes(app: FastifyInstance, engine: Engine): void {
  const { database } = engine;

  serve(app, people.addDependency, async ({ caller, project, params, body }) => {
    return add(engine, caller, project.id, await resolveTaskRef(database, project.id, params.task), body);
  });

  serve(app, people.removeDependency, async ({ caller, project, params, reply }) => {
    const id = await resolveTaskRef(database, project.id, params.task);
    await removeDependency(engine, caller, id, await resolveTaskRef(database, project.id, params.upstream));
    return answerTask(engine, reply, id);
  });

  serve(app, agents.agentAddDependency, async ({ caller, params, body }) => {
    const id = await taskToChangeByAgent(database, caller, params.task);
    return add(engine, caller, agentOf(caller).projectId, id, body);
  });

  serve(app, agents.agentRemoveDependency, async ({ caller, params, reply }) => {
    const id = await taskToChangeByAgent(database, caller, params.task);
    const upstream = await resolveTaskRef(database, agentOf(caller).projectId, params.upstream);
    await removeDependency(engine, caller, id, upstream);
    return answerTask(engine, reply, id);
  });
}

async function add(
  engine: Engine,
  caller: Caller,
  projectId: ProjectId,
  taskId: TaskId,
  asked: NewDependency,
): Promise<AddedDependency> {
  const { database } = engine;
  const depends_on_task_id = await resolveTaskRef(database, projectId, asked.depends_on_task_id);
  const { dependencyId, warnings } = await addDependency(engine, caller, taskId, { ...asked, depends_on_task_id });
  const dependency = await getDependency(database.sql, dependencyId);
  return warnings.length === 0 ? dependency : { ...dependency, warnings };
}
