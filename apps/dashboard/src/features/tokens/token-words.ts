import type { AccessToken } from "@orchestratia/protocol/access-tokens";

/** What a token opens: "Reads and writes in WEB, OPS". */
export function tokenReach({ scope, projects }: Pick<AccessToken, "scope" | "projects">): string {
  const does = scope === "read" ? "Reads" : "Reads and writes";
  if (projects === null) return `${does} wherever you may`;
  const keys = projects.flatMap(({ key }) => (key === null ? [] : [key]));
  if (keys.length === 0) return "Opens nothing: its projects are gone";
  return `${does} in ${keys.join(", ")}`;
}
