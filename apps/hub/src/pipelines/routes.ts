import * as agents from "@orchestratia/protocol/operations/agents";
import * as people from "@orchestratia/protocol/operations/people";
import type { NewPipeline, Pipeline, PipelineQuery } from "@orchestratia/protocol/pipelines";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import type { FastifyInstance } from "fastify";
import type { Caller } from "../access/caller.ts";
import { serve } from "../http/serve.ts";
import { readYamlBodies } from "../http/yaml-body.ts";
import type { Engine } from "../tasks/engine.ts";
import { agentOf } from "../tasks/named-task.ts";
import { getTasks } from "../tasks/queries.ts";
import { createPipeline } from "./create-pipeline.ts";

/** Several tasks at once, for people and for agents. */
export function pipelineRoutes(app: FastifyInstance, engine: Engine): void {
  // In a room of their own: these addresses, and no others, also read YAML.
  void app.register((room, _, done) => {
    readYamlBodies(room);
    routes(room, engine);
    done();
  });
}

function routes(app: FastifyInstance, engine: Engine): void {
  serve(app, people.createPipeline, async ({ caller, project, query, body }) => {
    return create(engine, caller, project.id, withQuery(body, query));
  });

  serve(app, agents.agentCreatePipeline, async ({ caller, query, body }) => {
    const agent = agentOf(caller);
    return create(engine, caller, agent.projectId, withQuery(body, query));
  });
}

/** Who sends a file as it is says in the address what shall be done with it. */
const withQuery = (body: NewPipeline, { dry_run }: PipelineQuery): NewPipeline => ({
  ...body,
  dry_run: dry_run === undefined ? body.dry_run : dry_run === "true",
});

async function create(engine: Engine, caller: Caller, projectId: ProjectId, asked: NewPipeline): Promise<Pipeline> {
  const { taskIds, idMap, warnings, placements } = await createPipeline(engine, caller, projectId, asked);
  return {
    pipeline: asked.name ?? null,
    tasks_created: asked.dry_run ? 0 : taskIds.length,
    id_map: idMap,
    tasks: asked.dry_run ? [] : await getTasks(engine, taskIds, { caller, mayWrite: true }),
    dry_run: asked.dry_run,
    placements,
    warnings,
  };
}
