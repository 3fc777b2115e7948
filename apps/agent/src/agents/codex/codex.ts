import type { Agent } from "../agent.ts";

/** Codex CLI: found and launched; what it is doing cannot be told from outside yet. */
export const codex: Agent = {
  name: "codex",
  kind: "codex",
  command: ["codex"],
  versionArgs: ["--version"],
  status: () => "unknown",
};
