import { z } from "zod";
import { Diagnosis } from "../doctor.ts";
import { operation } from "../operation.ts";
import { Session } from "../sessions.ts";
import { ProjectRef } from "../vocabulary.ts";

export const diagnoseProject = operation({
  id: "diagnoseProject",
  access: "viewer",
  door: "people",
  tag: "projects",
  method: "GET",
  path: "/api/v1/projects/:project/doctor",
  summary: "Every task with which nothing happens, why, and what to do about it",
  params: z.object({ project: ProjectRef }),
  response: Diagnosis,
});

export const markSessionReady = operation({
  id: "markSessionReady",
  access: "member",
  door: "people",
  tag: "sessions",
  method: "POST",
  path: "/api/v1/projects/:project/sessions/:session/ready",
  summary: "Say that an agent runs in the session and is at its prompt, where the daemon does not say so itself",
  params: z.object({ project: ProjectRef, session: z.uuid() }),
  body: z
    .object({
      agent: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/)
        .optional()
        .describe("Which agent runs there; without it the one that the session was started for, else claude"),
    })
    .default({})
    .meta({ id: "SessionReady" }),
  response: Session,
  problems: ["session_not_found", "session_not_live", "session_tells_status"],
});
