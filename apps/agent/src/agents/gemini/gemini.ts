import type { Agent } from "../agent.ts";

/** Gemini CLI: found and launched; what it is doing cannot be told from outside yet. */
export const gemini: Agent = {
  name: "gemini",
  kind: "gemini",
  command: ["gemini"],
  versionArgs: ["--version"],
  status: () => "unknown",
};
