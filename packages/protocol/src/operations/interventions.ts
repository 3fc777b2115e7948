import { z } from "zod";
import { Intervention } from "../interventions.ts";
import { operation } from "../operation.ts";
import { ProjectRef } from "../vocabulary.ts";

const intervention = z.string().min(4).max(36).describe("Its id, or the first four or more characters of it");
const missing = ["intervention_not_found", "intervention_ambiguous"] as const;

export const viewIntervention = operation({
  id: "viewIntervention",
  access: "viewer",
  door: "people",
  tag: "interventions",
  method: "GET",
  path: "/api/v1/projects/:project/interventions/:intervention",
  summary: "One intervention",
  params: z.object({ project: ProjectRef, intervention }),
  response: Intervention,
  problems: ["project_not_found", ...missing],
});

export const agentViewIntervention = operation({
  id: "agentViewIntervention",
  access: "worker",
  door: "agents",
  tag: "agent tasks",
  method: "GET",
  path: "/api/v1/server/interventions/:intervention",
  summary: "One intervention, and its answer",
  params: z.object({ intervention }),
  response: Intervention,
  problems: missing,
});
