import * as operations from "@orchestratia/protocol/operations/people";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import { toProject } from "../projects/queries.ts";
import type { Engine } from "../tasks/engine.ts";
import { getTasks } from "../tasks/queries.ts";
import { newestPipeline } from "./demo-pipeline.ts";
import { runDemo } from "./run-demo.ts";

/** The pipeline that shows a newcomer what happens. */
export function demoRoutes(app: FastifyInstance, engine: Engine): void {
  const { database } = engine;

  serve(app, operations.viewDemo, async ({ caller, project }) => {
    const { state, taskIds } = await newestPipeline(database.sql, project.id);
    return {
      project: toProject(project),
      state,
      tasks: await getTasks(engine, taskIds, { caller, mayWrite: project.mayWrite }),
    };
  });

  serve(app, operations.runDemo, async ({ caller, project }) => {
    const taskIds = await runDemo(engine, caller, project.id);
    const { state } = await newestPipeline(database.sql, project.id);
    return {
      project: toProject(project),
      state,
      tasks: await getTasks(engine, taskIds, { caller, mayWrite: project.mayWrite }),
    };
  });
}
