import type { Intervention, InterventionFilter, InterventionPageQuery } from "@orchestratia/protocol/interventions";
import * as agents from "@orchestratia/protocol/operations/agents";
import * as one from "@orchestratia/protocol/operations/interventions";
import * as people from "@orchestratia/protocol/operations/people";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import type { Caller } from "../access/caller.ts";
import { serve } from "../http/serve.ts";
import type { Engine } from "../tasks/engine.ts";
import { agentOf } from "../tasks/named-task.ts";
import { resolveTaskRef } from "../tasks/task-ref.ts";
import { getIntervention, listInterventions, resolveInterventionRef } from "./queries.ts";
import { respondIntervention } from "./respond-intervention.ts";

/** Interventions, for people and for agents. */
export function interventionRoutes(app: FastifyInstance, engine: Engine): void {
  const { database } = engine;

  serve(app, people.listInterventions, async ({ project, query }) => {
    return list(engine, project.id, query);
  });

  serve(app, people.respondIntervention, async ({ caller, project, params, body }) => {
    return respond(engine, caller, project.id, params.intervention, body.response);
  });

  serve(app, one.viewIntervention, async ({ project, params }) => {
    return getIntervention(database, await resolveInterventionRef(database, project.id, params.intervention));
  });

  serve(app, one.agentViewIntervention, async ({ caller, params }) => {
    const { projectId } = agentOf(caller);
    return getIntervention(database, await resolveInterventionRef(database, projectId, params.intervention));
  });

  serve(app, agents.agentListInterventions, async ({ caller, query }) => {
    const { interventions } = await list(engine, agentOf(caller).projectId, query);
    return interventions;
  });

  serve(app, agents.agentRespondIntervention, async ({ caller, params, body }) => {
    const agent = agentOf(caller);
    return respond(engine, caller, agent.projectId, params.intervention, body.response);
  });
}

async function list(
  { database }: Engine,
  projectId: ProjectId,
  query: z.output<typeof InterventionPageQuery> | z.output<typeof InterventionFilter>,
): Promise<{ interventions: Intervention[]; next: string | null }> {
  const taskId = query.task_id === undefined ? undefined : await resolveTaskRef(database, projectId, query.task_id);
  return listInterventions(database, projectId, {
    ...query,
    taskId,
    type: query.intervention_type,
    raisedBy: query.raised_by,
    sessionId: query.session_id,
  });
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
