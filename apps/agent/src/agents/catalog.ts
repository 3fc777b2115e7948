import type { Agent } from "./agent.ts";
import { claude } from "./claude/claude.ts";
import { codex } from "./codex/codex.ts";
import { type CustomAgent, customAgent } from "./custom.ts";
import { gemini } from "./gemini/gemini.ts";
import { opencode } from "./opencode/opencode.ts";
import { shell } from "./shell/shell.ts";

/** The agents we know, and those of the configuration, which win over ours of the same name. */
export function agentCatalog(custom: readonly CustomAgent[]): ReadonlyMap<string, Agent> {
  const agents = [claude, codex, gemini, opencode, shell, ...custom.map(customAgent)];
  return new Map(agents.map((agent) => [agent.name, agent]));
}
