import { toolInQuestion } from "@orchestratia/domain/tool-rules-tools";
import type { Permission } from "@orchestratia/protocol/approval-rules";

type Decided = Pick<Permission, "agent_name" | "tool_name" | "tool_input">;

/** What the tool was to be used on: the command, the file, the address; else all that it was given. */
export function usedOn({ agent_name, tool_name: tool, tool_input: input }: Decided): string {
  // Version 1 calls the first two agents otherwise.
  const agent = agent_name?.split("_")[0] ?? "";
  const { parameter } = toolInQuestion({ agent, tool, input });
  if (typeof parameter === "string") return parameter;
  if (Array.isArray(parameter)) return parameter.join(" ");
  const cut = input as { cut?: unknown; beginning?: unknown } | null;
  if (typeof cut === "object" && cut?.cut === true && typeof cut.beginning === "string") return `${cut.beginning}…`;
  if (input === null || input === undefined) return "";
  return typeof input === "string" ? input : JSON.stringify(input);
}

/** Which rule or person decided, as the daemon said it; of version 1 only the rule is known. */
export function decidedBy(
  { reason, matched_rule_id }: Pick<Permission, "reason" | "matched_rule_id">,
  rules: readonly { id: string; name: string }[],
): string {
  if (reason) return reason;
  if (matched_rule_id === null) return "No rule said anything.";
  const rule = rules.find(({ id }) => id === matched_rule_id);
  return rule ? `By the rule “${rule.name}”.` : "By a rule that is no more.";
}
