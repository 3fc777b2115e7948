import type { Offer } from "./link-queries.ts";

const inProject = { owner: "an owner", member: "a member", viewer: "a viewer" } as const;

/** What an invitation is to, after "Ada invites you": "to the project Web (WEB) as a member". */
export function offerWords({ role, project, project_role }: Pick<Offer, "role" | "project" | "project_role">): string {
  const toProject = project
    ? `to the project ${project.name} (${project.key}) as ${inProject[project_role ?? "member"]}`
    : "";
  if (role === "admin") return toProject ? `${toProject}, and to this hub as an admin` : "to this hub as an admin";
  return toProject || "to this hub";
}
