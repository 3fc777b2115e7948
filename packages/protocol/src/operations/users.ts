import { z } from "zod";
import { Activity, ActivityFilter } from "../activity.ts";
import { operation } from "../operation.ts";
import { User } from "../people.ts";
import { Account, AccountChanges, OpenSignIn, OwnChanges, PasswordChange } from "../users.ts";
import { GlobalRole, PageQuery, ProjectRef } from "../vocabulary.ts";

const people = { door: "people", tag: "people" } as const;
const OfUser = z.object({ user: z.uuid() });
const NO_CHANGE = { ...people, response: Account, params: OfUser } as const;

export const listUsers = operation({
  ...people,
  id: "listUsers",
  access: "admin",
  method: "GET",
  path: "/api/v1/users",
  summary: "Everybody who has an account, by e-mail address",
  query: PageQuery.extend({
    role: GlobalRole.optional(),
    active: z.stringbool().optional().describe("true: only who may sign in; false: only who was deactivated"),
    name: z.string().min(1).max(200).optional().describe("Part of the name or of the e-mail address"),
  }),
  response: z.object({ users: z.array(Account), next: z.string().nullable() }),
});

export const viewUser = operation({
  ...NO_CHANGE,
  id: "viewUser",
  access: "admin",
  method: "GET",
  path: "/api/v1/users/:user",
  summary: "One account",
  problems: ["user_not_found"],
});

export const updateUser = operation({
  ...NO_CHANGE,
  id: "updateUser",
  access: "admin",
  method: "PATCH",
  path: "/api/v1/users/:user",
  summary: "Change somebody's name or role; it holds at once. The last admin stays one",
  body: AccountChanges,
  problems: ["user_not_found", "last_admin"],
});

export const deactivateUser = operation({
  ...NO_CHANGE,
  id: "deactivateUser",
  access: "admin",
  method: "POST",
  path: "/api/v1/users/:user/deactivate",
  summary: "Let somebody in no more: every sign-in and access token of theirs ends at once. Never the last admin",
  problems: ["user_not_found", "last_admin"],
});

export const reactivateUser = operation({
  ...NO_CHANGE,
  id: "reactivateUser",
  access: "admin",
  method: "POST",
  path: "/api/v1/users/:user/reactivate",
  summary: "Let somebody sign in again; what had ended stays ended",
  problems: ["user_not_found"],
});

export const updateMe = operation({
  ...people,
  id: "updateMe",
  access: "sign_in",
  method: "PATCH",
  path: "/api/v1/auth/me",
  summary: "Change one's own name",
  body: OwnChanges,
  response: User,
});

export const changePassword = operation({
  ...people,
  id: "changePassword",
  access: "sign_in",
  method: "POST",
  path: "/api/v1/auth/password",
  summary: "Change one's own password; every other sign-in of one's own ends, this one goes on",
  body: PasswordChange,
  response: z.object({ ok: z.literal(true), ended_sign_ins: z.number().int() }),
  problems: ["wrong_password", "password_weak"],
});

export const listSignIns = operation({
  ...people,
  id: "listSignIns",
  access: "sign_in",
  method: "GET",
  path: "/api/v1/auth/sign-ins",
  summary: "Where one is signed in, newest first",
  query: z.object({ user: z.uuid().optional().describe("Somebody else's; for admins") }),
  response: z.object({ sign_ins: z.array(OpenSignIn) }),
  problems: ["user_not_found"],
});

export const revokeSignIn = operation({
  ...people,
  id: "revokeSignIn",
  access: "sign_in",
  method: "DELETE",
  path: "/api/v1/auth/sign-ins/:sign_in",
  summary: "End a sign-in at once, and its sockets and streams; admins that of anybody",
  params: z.object({ sign_in: z.uuid() }),
  response: OpenSignIn,
  problems: ["sign_in_not_found"],
});

export const listHubActivity = operation({
  ...people,
  tag: "activity",
  id: "listHubActivity",
  access: "admin",
  method: "GET",
  path: "/api/v1/activity",
  summary: "What happened in the hub itself and in every project",
  query: ActivityFilter.omit({ task: true }).extend({
    task_id: z.uuid().optional(),
    project: ProjectRef.optional().describe("Only of this project"),
    hub_only: z.stringbool().default(false).describe("Only what is of no project: sign-ins, roles, refusals"),
  }),
  response: z.object({ activity: z.array(Activity) }),
  problems: ["project_not_found"],
});
