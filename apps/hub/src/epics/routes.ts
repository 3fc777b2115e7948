import * as operations from "@orchestratia/protocol/operations/epics";
import type { TaskPlacement } from "@orchestratia/protocol/tasks";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import { answerTask } from "../tasks/answer-task.ts";
import type { Engine } from "../tasks/engine.ts";
import { agentOf, taskOfAgent } from "../tasks/named-task.ts";
import { resolveTaskRef } from "../tasks/task-ref.ts";
import { cursorFrom, textOf } from "./child-cursor.ts";
import { type NewPlace, placeTask } from "./place-task.ts";
import { listChildren } from "./queries.ts";

const PAGE = 200;

/** Parents and their children, for people and agents. */
export function epicRoutes(app: FastifyInstance, engine: Engine): void {
  const { database } = engine;

  serve(app, operations.placeTask, async ({ caller, project, params, body, reply }) => {
    const id = await resolveTaskRef(database, project.id, params.task);
    await placeTask(engine, caller, id, await placeOf(engine, project.id, body));
    return answerTask(engine, reply, id);
  });

  serve(app, operations.listChildren, async ({ project, params, query }) =>
    page(engine, await resolveTaskRef(database, project.id, params.task), query),
  );

  serve(app, operations.agentPlaceTask, async ({ caller, params, body, reply }) => {
    const agent = agentOf(caller);
    const id = await taskOfAgent(database, caller, params.task);
    await placeTask(engine, caller, id, await placeOf(engine, agent.projectId, body));
    return answerTask(engine, reply, id);
  });

  serve(app, operations.agentListChildren, async ({ caller, params, query }) =>
    page(engine, await taskOfAgent(database, caller, params.task), query),
  );
}

/** The place with ids for references. */
async function placeOf({ database }: Engine, projectId: ProjectId, asked: TaskPlacement): Promise<NewPlace> {
  const { parent_id: parent, after, before, place } = asked;
  return {
    parentId: parent ? await resolveTaskRef(database, projectId, parent) : parent,
    after: after ? await resolveTaskRef(database, projectId, after) : null,
    before: before ? await resolveTaskRef(database, projectId, before) : null,
    place,
  };
}

async function page(
  engine: Engine,
  id: string,
  { limit, after }: { limit?: number | undefined; after?: string | undefined },
) {
  const { tasks, next } = await listChildren(engine, id, {
    limit: limit ?? PAGE,
    after: after === undefined ? undefined : cursorFrom(after),
  });
  return { tasks, next: next === null ? null : textOf(next) };
}
