import type { Invitation } from "@orchestratia/protocol/invitations";
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
  const article = to === "owner" ? "an" : "a";
  return `${isMe ? "You become" : `${name} becomes`} ${article} ${to}. ${roleHelp[to]}`;
}

type Fate = Pick<Invitation, "good" | "accepted_at" | "accepted_by" | "revoked_at" | "expires_at">;

/** What has become of an invitation. */
export function fateWords({ good, accepted_at, accepted_by, revoked_at, expires_at }: Fate, now: number): string {
  if (accepted_at) return accepted_by ? `accepted by ${accepted_by.name}` : "accepted";
  if (revoked_at) return "revoked";
  if (good) return `good until ${new Date(expires_at).toLocaleDateString()}`;
  return Date.parse(expires_at) <= now ? "too old" : "good for nothing: whoever made it may not invite any more";
}
