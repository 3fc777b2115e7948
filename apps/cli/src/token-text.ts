import type { AccessToken } from "@orchestratia/protocol/access-tokens";

type Reach = Pick<AccessToken, "scope" | "projects" | "expires_at">;

/** `reads APP, until 2026-01-31` */
export const tokenReach = (token: Reach): string =>
  `${token.scope === "read" ? "reads" : "reads and writes"} ${projectsOf(token)}, until ${day(token.expires_at)}`;

/** The keys of the projects that a token opens; one that is gone has none. */
export const projectsOf = ({ projects }: Pick<Reach, "projects">): string =>
  projects === null ? "every project" : projects.map(({ key }) => key ?? "(gone)").join(", ");

export const day = (moment: string | null): string => moment?.slice(0, 10) ?? "never";
