import type { Project } from "@orchestratia/protocol/projects";
import { ProjectRole } from "@orchestratia/protocol/vocabulary";

/** From the one that may least. */
export const roles: readonly ProjectRole[] = ["viewer", "member", "owner"];

export const roleWord: Readonly<Record<ProjectRole, string>> = { owner: "Owner", member: "Member", viewer: "Viewer" };

/** What a role is for, in a sentence. */
export const roleHelp: Readonly<Record<ProjectRole, string>> = {
  owner: "Owners do all that members do, and settle who is in the project.",
  member: "Members work with its tasks, sessions and servers.",
  viewer: "Viewers see everything and change nothing.",
};

export const roleOf = (value: string): ProjectRole => ProjectRole.catch("viewer").parse(value);

/** Owners settle who is in the project; so do the hub's admins, members or not. */
export const maySettle = ({ role }: Pick<Project, "role">, globalRole: string | undefined): boolean =>
  role === "owner" || globalRole === "admin";

/** What choosing another role does, before it does it: "Ada becomes a viewer." and what that means. */
export function changeWords(name: string, isMe: boolean, to: ProjectRole): string {
  return `${isMe ? "You become" : `${name} becomes`} ${to === "owner" ? "an" : "a"} ${to}. ${roleHelp[to]}`;
}
