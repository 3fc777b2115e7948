import * as operations from "@orchestratia/protocol/operations/people";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance } from "fastify";
import type { Caller } from "../access/caller.ts";
import { serve } from "../http/serve.ts";
import { mustOwn, projectFor } from "./access.ts";
import { createProject, type Projects, updateProject } from "./commands.ts";
import { countProject, listProjects, toProject } from "./queries.ts";

export function projectRoutes(app: FastifyInstance, projects: Projects): void {
  const { database } = projects;

  serve(app, operations.listProjects, async ({ caller }) => ({
    projects: (await listProjects(database.sql, caller)).map(toProject),
  }));

  serve(app, operations.createProject, async ({ caller, body }) => {
    mustAdminister(caller);
    const id = await createProject(projects, caller, body);
    return toProject(await projectFor(database, caller, id));
  });

  serve(app, operations.viewProject, async ({ caller, params }) =>
    toProject(await projectFor(database, caller, params.project)),
  );

  serve(app, operations.updateProject, async ({ caller, params, body }) => {
    const project = await projectFor(database, caller, params.project);
    mustOwn(project);
    await updateProject(projects, caller, project.id, body);
    return toProject(await projectFor(database, caller, project.id));
  });

  serve(app, operations.countProject, async ({ caller, params }) => {
    const project = await projectFor(database, caller, params.project);
    return countProject(database.sql, project.id);
  });
}

function mustAdminister(caller: Caller): void {
  if (caller.kind === "system" || (caller.kind === "user" && caller.role === "admin")) return;
  throw new Problem("forbidden", "Only an admin may make a project.");
}
