import type { ToolDecision } from "@orchestratia/domain/tool-rules";
import type { ApprovalRule } from "@orchestratia/protocol/approval-rules";
import type { Server } from "@orchestratia/protocol/servers";

type Rule = Pick<ApprovalRule, "tool_pattern" | "param_pattern" | "agents" | "server_id">;

/** What a rule decides, as a person says it. */
export const decisionWord: Readonly<Record<ToolDecision, string>> = {
  deny: "Denied",
  ask: "A person decides",
  allow: "Allowed",
};

/** In which order rules are looked at: what forbids, then what asks, then what allows. */
export const DECISION_ORDER: readonly ToolDecision[] = ["deny", "ask", "allow"];

export const orderHelp: Readonly<Record<ToolDecision, string>> = {
  deny: "First: one of these that matches any part forbids the whole.",
  ask: "Then: one of these that matches any part puts the whole to a person.",
  allow: "Last: it goes through when every part is matched by one of these.",
};

/** What the rule looks at: "Bash, given git push *". */
export function patternWords({ tool_pattern, param_pattern }: Rule): { tool: string; given: string | null } {
  return { tool: tool_pattern === "*" ? "every tool" : tool_pattern, given: param_pattern };
}

/** Where and for whom it holds. */
export function scopeWords({ agents, server_id }: Rule, servers: readonly Pick<Server, "id" | "name">[]): string {
  const server = servers.find(({ id }) => id === server_id);
  const where = server_id === null ? "every server" : `server ${server?.name ?? "that is not known"}`;
  return `${agents.length === 0 ? "every agent" : agents.join(", ")} on ${where}`;
}
