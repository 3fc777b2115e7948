import { z } from "zod";
import {
  AcceptInvitation,
  Invitation,
  InvitationToken,
  Joined,
  MadeInvitation,
  NewInvitation,
  NewProjectInvitation,
  OpenInvitation,
} from "../invitations.ts";
import { operation } from "../operation.ts";
import { SignedIn } from "../people.ts";
import { PageQuery, ProjectRef } from "../vocabulary.ts";

const people = { door: "people", tag: "invitations" } as const;
const anybody = { door: "public", access: "anyone", tag: "invitations" } as const;
const InProject = z.object({ project: ProjectRef });
const Page = z.object({ invitations: z.array(Invitation), next: z.string().nullable() });

export const createInvitation = operation({
  ...people,
  id: "createInvitation",
  access: "admin",
  method: "POST",
  path: "/api/v1/invitations",
  summary: "Make a link with which somebody gets an account, and a role in a project if wanted",
  body: NewInvitation,
  response: MadeInvitation,
  status: 201,
  problems: ["project_not_found"],
  answersSecret: true,
});

export const listInvitations = operation({
  ...people,
  id: "listInvitations",
  access: "admin",
  method: "GET",
  path: "/api/v1/invitations",
  summary: "Every invitation, newest first",
  query: PageQuery,
  response: Page,
});

export const revokeInvitation = operation({
  ...people,
  id: "revokeInvitation",
  access: "admin",
  method: "DELETE",
  path: "/api/v1/invitations/:invitation",
  summary: "Make an invitation's link good for nothing; whoever accepted it stays",
  params: z.object({ invitation: z.uuid() }),
  response: Invitation,
  problems: ["invitation_not_found"],
});

export const createProjectInvitation = operation({
  ...people,
  id: "createProjectInvitation",
  access: "owner",
  method: "POST",
  path: "/api/v1/projects/:project/invitations",
  summary: "Make a link with which somebody gets a role in the project, and an account if they have none",
  params: InProject,
  body: NewProjectInvitation,
  response: MadeInvitation,
  status: 201,
  problems: ["project_not_found"],
  answersSecret: true,
});

export const listProjectInvitations = operation({
  ...people,
  id: "listProjectInvitations",
  access: "owner",
  method: "GET",
  path: "/api/v1/projects/:project/invitations",
  summary: "The invitations to the project, newest first",
  params: InProject,
  query: PageQuery,
  response: Page,
  problems: ["project_not_found"],
});

export const revokeProjectInvitation = operation({
  ...people,
  id: "revokeProjectInvitation",
  access: "owner",
  method: "DELETE",
  path: "/api/v1/projects/:project/invitations/:invitation",
  summary: "Make a link to the project good for nothing; whoever accepted it stays",
  params: InProject.extend({ invitation: z.uuid() }),
  response: Invitation,
  problems: ["project_not_found", "invitation_not_found"],
});

export const viewInvitation = operation({
  ...anybody,
  id: "viewInvitation",
  method: "POST",
  path: "/api/v1/auth/invitation",
  summary: "Who invites, and to what",
  body: InvitationToken,
  response: OpenInvitation,
  problems: ["token_invalid"],
});

export const acceptInvitation = operation({
  ...anybody,
  id: "acceptInvitation",
  method: "POST",
  path: "/api/v1/auth/invitation/accept",
  summary: "Make the account that the invitation offers, and sign in",
  body: AcceptInvitation,
  response: SignedIn,
  status: 201,
  problems: ["token_invalid", "forbidden", "email_taken", "password_weak"],
});

export const joinByInvitation = operation({
  ...people,
  id: "joinByInvitation",
  access: "sign_in",
  method: "POST",
  path: "/api/v1/invitations/join",
  summary: "Take what the invitation offers with the account that one has; no role becomes less",
  body: InvitationToken,
  response: Joined,
  problems: ["invitation_not_found", "member_exists"],
});
