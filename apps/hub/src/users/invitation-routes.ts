import * as operations from "@orchestratia/protocol/operations/invitations";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance } from "fastify";
import type { Caller } from "../access/caller.ts";
import { serve, servePublic } from "../http/serve.ts";
import { originOf, type WelcomeParts, welcome } from "../http/welcome.ts";
import { projectFor } from "../projects/access.ts";
import { acceptInvitation, joinByInvitation } from "./accept-invitation.ts";
import type { Users } from "./commands.ts";
import {
  createInvitation,
  type Invitations,
  listInvitations,
  revokeInvitation,
  viewInvitation,
} from "./invitations.ts";
import type { LinkAttempts } from "./link-attempts.ts";
import { toUser } from "./user-row.ts";

export interface InvitationRouteParts extends WelcomeParts {
  users: Users;
  invitations: Invitations;
  attempts: LinkAttempts;
}

export function invitationRoutes(app: FastifyInstance, parts: InvitationRouteParts): void {
  const { users, invitations, attempts } = parts;
  const { database } = invitations;

  serve(app, operations.createInvitation, async ({ caller, body }) => {
    const { email, role, project: ref, project_role = "member" } = body;
    const project = ref === undefined ? undefined : await projectFor(database, caller, ref);
    const offer = { email, role, project: project && { id: project.id, role: project_role } };
    return createInvitation(invitations, caller, offer);
  });

  serve(app, operations.listInvitations, ({ query }) => listInvitations(database.sql, null, query));

  serve(app, operations.revokeInvitation, ({ caller, params }) =>
    revokeInvitation(invitations, caller, null, params.invitation),
  );

  serve(app, operations.createProjectInvitation, ({ caller, project, body }) =>
    createInvitation(invitations, caller, {
      email: body.email,
      role: "viewer",
      project: { id: project.id, role: body.role },
    }),
  );

  serve(app, operations.listProjectInvitations, ({ project, query }) =>
    listInvitations(database.sql, project.id, query),
  );

  serve(app, operations.revokeProjectInvitation, ({ caller, project, params }) =>
    revokeInvitation(invitations, caller, project.id, params.invitation),
  );

  servePublic(app, operations.viewInvitation, ({ body, request }) =>
    attempts.limit(request.ip, () => viewInvitation(database.sql, body.token)),
  );

  servePublic(app, operations.acceptInvitation, async ({ body, request, reply }) => {
    const signedIn = await attempts.limit(request.ip, () => acceptInvitation(users, body, originOf(request)));
    return { user: toUser(signedIn.user), ...welcome(parts, signedIn, { request, reply }) };
  });

  serve(app, operations.joinByInvitation, ({ caller, body, request }) =>
    attempts.limit(request.ip, () => joinByInvitation(users, personOf(caller), body.token)),
  );
}

function personOf(caller: Caller): Extract<Caller, { kind: "user" }> {
  if (caller.kind === "user") return caller;
  throw new Problem("forbidden", "This token is the machine's own and no person's.");
}
