import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { usualStateDir } from "@orchestratia/holder-link/state-dir";

/** What the shell around a command says; the daemon sets the first four in every session. */
export interface Environment {
  readonly hubUrl: string | undefined;
  readonly apiKey: string | undefined;
  readonly sessionId: string | undefined;
  readonly projectId: string | undefined;
  /** What people's commands are about where the line does not say. */
  readonly project: string | undefined;
  /** A person's access token or sign-in, for people's commands. */
  readonly token: string | undefined;
  /** Where `login` keeps who signed in at which hub. */
  readonly signInsFile: string;
  readonly color: "never" | "terminal";
  /** Where a daemon of this account keeps its sessions, unless it was told otherwise. */
  readonly stateDir: string;
  /** The daemon's configuration files, the nearest first; each may be missing or unreadable. */
  readonly configFiles: readonly string[];
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  return {
    hubUrl: env.ORCHESTRATIA_HUB_URL || undefined,
    apiKey: env.ORCHESTRATIA_API_KEY || undefined,
    sessionId: env.ORCHESTRATIA_SESSION_ID || undefined,
    projectId: env.ORCHESTRATIA_PROJECT_ID || undefined,
    project: env.ORCHESTRATIA_PROJECT || undefined,
    token: env.ORCHESTRATIA_TOKEN || undefined,
    signInsFile: signInsFile(env),
    color: env.NO_COLOR || env.TERM === "dumb" ? "never" : "terminal",
    stateDir: usualStateDir(env.ORCHESTRATIA_HOME),
    configFiles: configFiles(env),
  };
}

function signInsFile(env: NodeJS.ProcessEnv): string {
  if (env.ORCHESTRATIA_HOME) return join(env.ORCHESTRATIA_HOME, "cli/sign-ins.json");
  return join(env.XDG_CONFIG_HOME || join(homedir(), ".config"), "orchestratia/sign-ins.json");
}

/** Where the daemon keeps its registrations, in the daemon's own order. */
function configFiles(env: NodeJS.ProcessEnv): string[] {
  if (env.ORCHESTRATIA_HOME) return [join(env.ORCHESTRATIA_HOME, "agent/agent.yaml")];
  const ofUser = join(homedir(), ".config/orchestratia/agent.yaml");
  const ofMachine = "/etc/orchestratia/agent.yaml";
  return userInfo().uid === 0 ? [ofMachine, ofUser] : [ofUser, ofMachine];
}
