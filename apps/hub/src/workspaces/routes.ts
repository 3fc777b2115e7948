import * as operations from "@orchestratia/protocol/operations/workspaces";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import { getServer } from "../servers/queries.ts";
import type { Engine } from "../tasks/engine.ts";
import { taskOfAgent } from "../tasks/named-task.ts";
import { resolveTaskRef } from "../tasks/task-ref.ts";
import { cleanWorktrees } from "./clean-worktrees.ts";
import { discardWorktree } from "./discard-worktree.ts";
import { taskDiff } from "./task-diff.ts";

/** The checkouts of tasks and what was changed in them. */
export function workspaceRoutes(app: FastifyInstance, engine: Engine): void {
  const { database, workspaces } = engine;
  const serverId = async (projectId: string, ref: string) =>
    (await getServer(database.sql, projectId, ref, () => false)).id;

  // A completion may wait for its verify commands longer than a stop may take.
  app.addHook("preClose", async () => engine.proofs[Symbol.dispose]());

  serve(app, operations.viewTaskDiff, async ({ project, params, query }) =>
    taskDiff(engine, await resolveTaskRef(database, project.id, params.task), query.source),
  );

  serve(app, operations.agentViewTaskDiff, async ({ caller, params, query }) =>
    taskDiff(engine, await taskOfAgent(database, caller, params.task), query.source),
  );

  serve(app, operations.listWorktrees, async ({ project, params }) => ({
    worktrees: await workspaces.list(await serverId(project.id, params.server)),
    asked_at: new Date().toISOString(),
  }));

  serve(app, operations.cleanWorktrees, async ({ caller, project, params }) =>
    cleanWorktrees(engine, caller, { projectId: project.id, serverId: await serverId(project.id, params.server) }),
  );

  serve(app, operations.discardWorktree, async ({ caller, project, params, body }) => {
    const taskId = await resolveTaskRef(database, project.id, params.task);
    await discardWorktree(engine, caller, {
      taskId,
      projectId: project.id,
      serverId: await serverId(project.id, params.server),
      force: body.force,
    });
    return { ok: true as const };
  });
}
