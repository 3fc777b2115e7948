import type { Agent } from "../agent.ts";

/** opencode: found and launched; what it is doing cannot be told from outside yet. */
export const opencode: Agent = {
  name: "opencode",
  kind: "opencode",
  command: ["opencode"],
  versionArgs: ["--version"],
  status: () => "unknown",
};
