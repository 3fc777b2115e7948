import type { ToolRule } from "./tool-rules.ts";

const ownCommand = (param_pattern: string): ToolRule => ({
  id: "built-in",
  name: "Agents report on their tasks",
  tool_pattern: "Bash",
  param_pattern,
  action: "allow",
  agents: [],
  server_id: null,
});

/** What agents are there for, unless a project's rule says otherwise. What acts on other machines is not among it. */
export const BUILT_IN_RULES: readonly ToolRule[] = ["task", "intervention", "status", "init"].flatMap((noun) => [
  ownCommand(`orchestratia ${noun}`),
  ownCommand(`orchestratia ${noun} *`),
]);
