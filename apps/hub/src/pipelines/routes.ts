import * as agents from "@orchestratia/protocol/operations/agents";
import * as people from "@orchestratia/protocol/operations/people";
import type { NewPipeline, Pipeline } from "@orchestratia/protocol/pipelines";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import type { FastifyInstance } from "fastify";
import { mustOrchestrate } from "../access/agent-powers.ts";
import type { Caller } from "../access/caller.ts";
import { serve } from "../http/serve.ts";
import { mustWrite, projectFor } from "../projects/access.ts";
import type { Engine } from "../tasks/engine.ts";
import { agentOf } from "../tasks/named-task.ts";
import { getTasks } from "../tasks/queries.ts";
import { createPipeline } from "./create-pipeline.ts";

/** Several tasks at once, for people and for agents. */
export function pipelineRoutes(app: FastifyInstance, engine: Engine): void {
  serve(app, people.createPipeline, async ({ caller, params, body }) => {
    const project = await projectFor(engine.database, caller, params.project);
    mustWrite(project);
    return create(engine, caller, project.id, body);
  });

  serve(app, agents.agentCreatePipeline, async ({ caller, body }) => {
    const agent = agentOf(caller);
    mustOrchestrate(agent, "create pipelines");
    return create(engine, caller, agent.projectId, body);
  });
}

async function create(engine: Engine, caller: Caller, projectId: ProjectId, asked: NewPipeline): Promise<Pipeline> {
  const { taskIds, idMap, warnings } = await createPipeline(engine, caller, projectId, asked);
  return {
    pipeline: asked.name ?? null,
    tasks_created: asked.dry_run ? 0 : taskIds.length,
    id_map: idMap,
    tasks: asked.dry_run ? [] : await getTasks(engine, taskIds),
    dry_run: asked.dry_run,
    warnings,
  };
}
