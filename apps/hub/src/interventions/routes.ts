import type { Intervention, InterventionFilter } from "@orchestratia/protocol/interventions";
import * as agents from "@orchestratia/protocol/operations/agents";
import * as people from "@orchestratia/protocol/operations/people";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { mustOrchestrate } from "../access/agent-powers.ts";
import type { Caller } from "../access/caller.ts";
import { serve } from "../http/serve.ts";
import { mustWrite, projectFor } from "../projects/access.ts";
import type { Engine } from "../tasks/engine.ts";
import { agentOf } from "../tasks/named-task.ts";
import { resolveTaskRef } from "../tasks/task-ref.ts";
import { getIntervention, listInterventions, resolveInterventionRef } from "./queries.ts";
import { respondIntervention } from "./respond-intervention.ts";

/** Interventions, for people and for agents. */
export function interventionRoutes(app: FastifyInstance, engine: Engine): void {
  const { database } = engine;

  serve(app, people.listInterventions, async ({ caller, params, query }) => {
    const project = await projectFor(database, caller, params.project);
    return { interventions: await list(engine, project.id, query) };
  });

  serve(app, people.respondIntervention, async ({ caller, params, body }) => {
    const project = await projectFor(database, caller, params.project);
    mustWrite(project);
    return respond(engine, caller, project.id, params.intervention, body.response);
  });

  serve(app, agents.agentListInterventions, async ({ caller, query }) =>
    list(engine, agentOf(caller).projectId, query),
  );

  serve(app, agents.agentRespondIntervention, async ({ caller, params, body }) => {
    const agent = agentOf(caller);
    mustOrchestrate(agent, "answer questions");
    return respond(engine, caller, agent.projectId, params.intervention, body.response);
  });
}

async function list(
  { database }: Engine,
  projectId: ProjectId,
  { task_id, status }: z.output<typeof InterventionFilter>,
): Promise<Intervention[]> {
  const taskId = task_id === undefined ? undefined : await resolveTaskRef(database, projectId, task_id);
  return listInterventions(database, projectId, { taskId, status });
}

async function respond(
  engine: Engine,
  caller: Caller,
  projectId: ProjectId,
  ref: string,
  response: string,
): Promise<Intervention> {
  const id = await resolveInterventionRef(engine.database, projectId, ref);
  await respondIntervention(engine, caller, id, response);
  return getIntervention(engine.database, id);
}
