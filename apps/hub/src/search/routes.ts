import * as operations from "@orchestratia/protocol/operations/search";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import type { Engine } from "../tasks/engine.ts";
import { agentOf } from "../tasks/named-task.ts";
import { resolveTaskFilter } from "../tasks/task-conditions.ts";
import { searchTasks } from "./search-tasks.ts";

/** Finding tasks by what is written in them, for people and agents. */
export function searchRoutes(app: FastifyInstance, engine: Engine): void {
  const { database } = engine;

  serve(app, operations.searchTasks, async ({ project, query: { q, limit, after, ...filter } }) => {
    const resolved = await resolveTaskFilter(database, project.id, filter);
    return searchTasks(engine, project.id, { q, limit, after, ...resolved });
  });

  serve(app, operations.agentSearchTasks, async ({ caller, query: { q, limit, after, ...filter } }) => {
    const { projectId } = agentOf(caller);
    const resolved = await resolveTaskFilter(database, projectId, filter);
    return searchTasks(engine, projectId, { q, limit, after, ...resolved });
  });
}
