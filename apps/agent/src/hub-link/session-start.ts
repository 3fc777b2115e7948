import { homedir } from "node:os";
import { delimiter, resolve } from "node:path";
import type { HubFrame } from "@orchestratia/protocol/server-link";
import type { Agent } from "../agents/agent.ts";
import { shellLine } from "../agents/custom.ts";
import type { LaunchRequest } from "../agents/launch.ts";
import type { Registration } from "../config.ts";
import type { SessionSpec } from "../terminals/terminals.ts";

export type SessionStart = Extract<HubFrame, { type: "session_start" }>;

export interface StartContext {
  registration: Registration;
  agents: ReadonlyMap<string, Agent>;
  baseEnv: Record<string, string>;
  cliFolder: string | undefined;
  transfersFolder: string;
  /** What an agent that knows how to be launched gets; without it its plain command is run. */
  launch?: Pick<LaunchRequest, "folder" | "hookCommand" | "contextText" | "conversation"> | undefined;
}

const absolute = (path: string): string => resolve(homedir(), path.replace(/^~(?=\/|$)/, homedir()));

const cells = (given: number): number => Math.min(Math.max(given, 1), 2000);

/** What to run for the hub's `session_start`. Throws with a sentence when the agent is unknown here. */
export function sessionSpec(frame: SessionStart, context: StartContext): SessionSpec {
  const { registration, agents } = context;
  const name = frame.agent ?? "shell";
  const agent = agents.get(name);
  if (!agent && frame.command === undefined) throw new Error(`this machine has no agent "${name}"`);
  const cwd = absolute(frame.working_directory || agent?.cwd || homedir());
  const env = sessionEnv(frame, context);
  const launch = frame.command === undefined ? context.launch : undefined;
  const launched = launch && agent?.launch?.({ ...launch, cwd, env });
  return {
    id: frame.session_id,
    name: frame.name,
    agent: name,
    role: frame.role,
    command: frame.command === undefined ? (launched?.command ?? agent?.command ?? []) : shellLine(frame.command),
    cwd,
    cols: cells(frame.cols),
    rows: cells(frame.rows),
    env: { ...env, ...launched?.env },
    files: launched?.files,
    hub_url: registration.hub_url,
    project_id: frame.project_id,
    server_id: registration.server_id,
  };
}

/** The program's environment. The only key in it is the session's own token; the server's never enters a session. */
function sessionEnv(
  frame: SessionStart,
  { registration, baseEnv, cliFolder, transfersFolder }: StartContext,
): Record<string, string> {
  const merged: Record<string, string> = { ...baseEnv, ...frame.env };
  const searchPath = [cliFolder, merged.PATH].filter((part) => part !== undefined).join(delimiter);
  return {
    ...merged,
    PATH: searchPath,
    TERM: "xterm-256color",
    COLORTERM: "truecolor",
    ORCHESTRATIA_HUB_URL: registration.hub_url,
    ORCHESTRATIA_SESSION_ID: frame.session_id,
    ORCHESTRATIA_PROJECT_ID: frame.project_id,
    ORCHESTRATIA_TRANSFER_DIR: transfersFolder,
    ...(frame.session_token === undefined ? {} : { ORCHESTRATIA_API_KEY: frame.session_token }),
  };
}
