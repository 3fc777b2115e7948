import type { Agent } from "../agent.ts";

/** Claude Code: found and launched; what it is doing cannot be told from outside yet. */
export const claude: Agent = {
  name: "claude",
  kind: "claude",
  command: ["claude"],
  versionArgs: ["--version"],
  status: () => "unknown",
};
