import { z } from "zod";
import { Member, MemberChange, NewMember } from "../members.ts";
import { operation } from "../operation.ts";
import { ProjectRef } from "../vocabulary.ts";

const people = { door: "people", tag: "members" } as const;
const InProject = z.object({ project: ProjectRef });
const OfMember = InProject.extend({ user: z.uuid().describe("Id of the member's account") });

export const listMembers = operation({
  ...people,
  id: "listMembers",
  access: "viewer",
  method: "GET",
  path: "/api/v1/projects/:project/members",
  summary: "Who has a role in the project: owners first, then by name",
  params: InProject,
  response: z.object({ members: z.array(Member) }),
  problems: ["project_not_found"],
});

export const addMember = operation({
  ...people,
  id: "addMember",
  access: "owner",
  method: "POST",
  path: "/api/v1/projects/:project/members",
  summary: "Give somebody who has an account a role in the project",
  params: InProject,
  body: NewMember,
  response: Member,
  status: 201,
  problems: ["project_not_found", "user_not_found", "member_exists"],
});

export const changeMember = operation({
  ...people,
  id: "changeMember",
  access: "owner",
  method: "PATCH",
  path: "/api/v1/projects/:project/members/:user",
  summary: "Change a member's role; it holds at once. The last owner stays one, unless an admin says otherwise",
  params: OfMember,
  body: MemberChange,
  response: Member,
  problems: ["project_not_found", "member_not_found", "last_owner"],
});

export const removeMember = operation({
  ...people,
  id: "removeMember",
  access: "owner",
  method: "DELETE",
  path: "/api/v1/projects/:project/members/:user",
  summary: "Take somebody out of the project, at once. The last owner stays, unless an admin says otherwise",
  params: OfMember,
  response: Member,
  problems: ["project_not_found", "member_not_found", "last_owner"],
});

export const leaveProject = operation({
  ...people,
  id: "leaveProject",
  access: "viewer",
  method: "POST",
  path: "/api/v1/projects/:project/leave",
  summary: "Give up one's own role in the project",
  params: InProject,
  response: Member,
  problems: ["project_not_found", "member_not_found", "last_owner"],
});
