import * as operations from "@orchestratia/protocol/operations/members";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import { addMember, changeMember, listMembers, type Members, removeMember } from "./members.ts";

export function memberRoutes(app: FastifyInstance, members: Members): void {
  serve(app, operations.listMembers, async ({ project }) => ({
    members: await listMembers(members.database.sql, project.id),
  }));

  serve(app, operations.addMember, ({ caller, project, body }) => addMember(members, caller, project.id, body));

  serve(app, operations.changeMember, ({ caller, project, params, body }) =>
    changeMember(members, caller, { projectId: project.id, userId: params.user }, body),
  );

  serve(app, operations.removeMember, ({ caller, project, params }) =>
    removeMember(members, caller, project.id, params.user),
  );

  serve(app, operations.leaveProject, ({ caller, project }) => {
    if (caller.kind !== "user") throw new Problem("member_not_found", "The machine's own token is in no project.");
    return removeMember(members, caller, project.id, caller.id);
  });
}
