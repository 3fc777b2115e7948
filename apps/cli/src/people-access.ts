import { CommandError } from "./command-error.ts";
import type { Environment } from "./config.ts";
import { withoutSlash } from "./hub-access.ts";
import { readSignIns } from "./sign-ins.ts";

export interface PeopleAccess {
  readonly url: string;
  readonly token: string;
  /** What `project use` chose, or the session's project. */
  readonly project: string | undefined;
}

/**
 * Which hub people's commands call, as whom: ORCHESTRATIA_TOKEN goes first, then whoever signed in with `login`. A token
 * is sent to no other hub than its own. Throws `not_configured` and `not_signed_in`.
 */
export function findPeopleAccess(environment: Environment): PeopleAccess {
  const { url, token, project } = lookUp(environment);
  if (url === undefined) {
    throw new CommandError("not_configured", "No hub is known: sign in with `orchestratia login`.");
  }
  if (token === undefined) {
    throw new CommandError("not_signed_in", `Nobody has signed in at ${url}: run \`orchestratia login --hub ${url}\`.`);
  }
  return { url, token, project };
}

/** Whether somebody has signed in, or a token is set, for the hub that commands call. */
export function hasPeopleAccess(environment: Environment): boolean {
  const { url, token } = lookUp(environment);
  return url !== undefined && token !== undefined;
}

function lookUp({ hubUrl, token, projectId, signInsFile }: Environment) {
  const { current, hubs } = readSignIns(signInsFile);
  const url = hubUrl === undefined ? current : withoutSlash(hubUrl);
  const signIn = url === undefined ? undefined : hubs[url];
  return { url, token: token ?? signIn?.token, project: signIn?.project ?? projectId };
}
