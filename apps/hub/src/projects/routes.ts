import * as operations from "@orchestratia/protocol/operations/people";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import { projectFor } from "./access.ts";
import { createProject, type Projects, updateProject } from "./commands.ts";
import { countProject, listProjects, toProject } from "./queries.ts";

export function projectRoutes(app: FastifyInstance, projects: Projects): void {
  const { database } = projects;

  serve(app, operations.listProjects, async ({ caller }) => ({
    projects: (await listProjects(database.sql, caller)).map(toProject),
  }));

  serve(app, operations.createProject, async ({ caller, body }) => {
    const id = await createProject(projects, caller, body);
    return toProject(await projectFor(database, caller, id));
  });

  serve(app, operations.viewProject, async ({ project }) => toProject(project));

  serve(app, operations.updateProject, async ({ caller, project, body }) => {
    await updateProject(projects, caller, project.id, body);
    return toProject(await projectFor(database, caller, project.id));
  });

  serve(app, operations.countProject, async ({ project }) => {
    return countProject(database.sql, project.id);
  });
}
