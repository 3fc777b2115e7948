import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { AgentInfo } from "@orchestratia/protocol/servers";
import { findExecutable } from "../terminals/executable.ts";
import type { Agent } from "./agent.ts";

const run = promisify(execFile);
/** Some need seconds to say it where several start at once. */
const versionLimitMs = 20_000;

/** The agents of which the program is on this machine, each with its version when it tells one in time. */
export async function detectAgents(agents: Iterable<Agent>, env: Record<string, string>): Promise<AgentInfo[]> {
  const found = await Promise.all([...agents].map((agent) => detectAgent(agent, env)));
  return found.filter((agent) => agent !== undefined);
}

async function detectAgent(agent: Agent, env: Record<string, string>): Promise<AgentInfo | undefined> {
  const path = findExecutable(agent.command[0] ?? "", env.PATH ?? "", agent.cwd);
  if (!path) return undefined;
  const { name, kind } = agent;
  const isLoggedIn = agent.isLoggedIn?.(env);
  const found = { name, kind, ...(isLoggedIn === undefined ? {} : { logged_in: isLoggedIn }) };
  if (!agent.versionArgs) return found;
  try {
    const { stdout } = await run(path, agent.versionArgs, { env, timeout: versionLimitMs, killSignal: "SIGKILL" });
    const version = stdout.trim().split("\n")[0]?.slice(0, 200);
    return version ? { ...found, version } : found;
  } catch {
    return found;
  }
}
