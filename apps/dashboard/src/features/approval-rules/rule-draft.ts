import type { ToolDecision } from "@orchestratia/domain/tool-rules";
import { type ApprovalRule, NewApprovalRule, RULE_AGENTS } from "@orchestratia/protocol/approval-rules";
import type { z } from "zod";

type RuleAgent = (typeof RULE_AGENTS)[number];

/** What the form of a rule holds, as it was typed. */
export interface RuleDraft {
  name: string;
  action: ToolDecision;
  tool_pattern: string;
  /** Empty: whatever the tool is given. */
  param_pattern: string;
  /** Empty: every server. */
  server_id: string;
  /** None: every agent. */
  agents: readonly RuleAgent[];
}

export const NEW_RULE: RuleDraft = {
  name: "",
  action: "allow",
  tool_pattern: "Bash",
  param_pattern: "",
  server_id: "",
  agents: [],
};

export const draftOf = (rule: ApprovalRule): RuleDraft => ({
  name: rule.name,
  action: rule.action,
  tool_pattern: rule.tool_pattern,
  param_pattern: rule.param_pattern ?? "",
  server_id: rule.server_id ?? "",
  agents: rule.agents,
});

/** What the hub takes; a rule without a name is called what it says. */
export function bodyOf(draft: RuleDraft): z.input<typeof NewApprovalRule> {
  const tool_pattern = draft.tool_pattern.trim();
  const param_pattern = draft.param_pattern.trim() || null;
  return {
    name:
      draft.name.trim() || `${draft.action} ${tool_pattern}${param_pattern ? `: ${param_pattern}` : ""}`.slice(0, 200),
    action: draft.action,
    tool_pattern,
    param_pattern,
    server_id: draft.server_id || null,
    agents: [...draft.agents],
  };
}

export type RuleErrors = Partial<Record<"name" | "tool_pattern" | "param_pattern", string>>;

const SENTENCES: Required<RuleErrors> = {
  name: "Use at most 200 characters.",
  tool_pattern: "Enter a tool's name, or * for every tool; at most 500 characters.",
  param_pattern: "Use at most 500 characters.",
};

/** What is wrong, by field. */
export function ruleErrors(draft: RuleDraft): RuleErrors {
  const { error } = NewApprovalRule.safeParse(bodyOf(draft));
  const fields = new Set(error?.issues.map(({ path }) => path[0]));
  return Object.fromEntries(Object.entries(SENTENCES).filter(([field]) => fields.has(field)));
}

/** Agents in the order of their list, whichever was ticked last. */
export const withAgent = (agents: readonly RuleAgent[], agent: RuleAgent, isIn: boolean): RuleAgent[] =>
  RULE_AGENTS.filter((each) => (each === agent ? isIn : agents.includes(each)));
