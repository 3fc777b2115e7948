import { CommandError } from "./command-error.ts";
import type { Environment } from "./config.ts";

export interface HubAccess {
  readonly url: string;
  readonly apiKey: string;
}

/**
 * Which hub to call with which key: the environment's word goes first, the daemon's configuration fills what it leaves
 * out. A key from the file is never sent to a hub that it was not made for. Throws `not_configured`.
 */
export async function findHubAccess(environment: Environment): Promise<HubAccess> {
  const { hubUrl, apiKey, projectId, configFiles } = environment;
  if (hubUrl && apiKey) return { url: withoutSlash(hubUrl), apiKey };
  // YAML and zod take longer to load than the rest together, and sessions do without them.
  const { readRegistrations } = await import("./config-file.ts");
  const fitting = readRegistrations(configFiles).filter(
    ({ hub_url }) => hubUrl === undefined || withoutSlash(hub_url) === withoutSlash(hubUrl),
  );
  const registration = fitting.find(({ project_id }) => project_id === projectId) ?? fitting[0];
  const url = hubUrl ?? registration?.hub_url;
  const key = apiKey ?? registration?.api_key;
  if (url === undefined) {
    throw new CommandError("not_configured", "No hub is known: set ORCHESTRATIA_HUB_URL, or register this machine.");
  }
  if (key === undefined) {
    throw new CommandError(
      "not_configured",
      `No key for ${url} is known: set ORCHESTRATIA_API_KEY, or register this machine.`,
    );
  }
  return { url: withoutSlash(url), apiKey: key };
}

/** Addresses are compared and joined without it. */
export const withoutSlash = (url: string): string => url.replace(/\/+$/, "");
