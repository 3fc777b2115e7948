import { TOOL_DECISIONS } from "@orchestratia/domain/tool-rules";
import { z } from "zod";
import { Actor, Moment, ProjectId, ServerId, SessionId } from "./vocabulary.ts";

/** The agents whose hooks tell of their tools; the version 1 hook knows the first three. */
export const RULE_AGENTS = ["claude", "gemini", "codex", "opencode"] as const;

const Pattern = z.string().trim().min(1).max(500);
const fields = {
  name: z.string().trim().min(1).max(200),
  tool_pattern: Pattern.describe(
    "Glob on the tool's name, the agent's own or the one that all share (`Bash`, `Read`, `Write`, `Edit` …); `*` is every tool",
  ),
  param_pattern: Pattern.nullable().describe(
    "Glob on the command, file path, address or pattern that the tool is given; null: whatever it is given",
  ),
  action: z.enum(TOOL_DECISIONS).describe("deny wins over ask, ask over allow; without a rule people are asked"),
  server_id: ServerId.nullable().describe("The server on which it holds; null: every server of the project"),
  agents: z.array(z.enum(RULE_AGENTS)).max(RULE_AGENTS.length).describe("Whose tools; none: every agent's"),
  is_active: z.boolean(),
};

/** What agents may do without asking, and what they may not do at all. */
export const ApprovalRule = z
  .object({
    id: z.uuid(),
    project_id: ProjectId,
    ...fields,
    created_by: Actor,
    created_at: Moment,
    updated_at: Moment,
  })
  .meta({ id: "ApprovalRule" });
export type ApprovalRule = z.infer<typeof ApprovalRule>;

export const NewApprovalRule = z
  .object({
    ...fields,
    param_pattern: fields.param_pattern.default(null),
    server_id: fields.server_id.default(null),
    agents: fields.agents.default([]),
    is_active: fields.is_active.default(true),
  })
  .meta({ id: "NewApprovalRule" });
export type NewApprovalRule = z.infer<typeof NewApprovalRule>;

export const ApprovalRuleChanges = z
  .object(fields)
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, "Give at least one field to change")
  .meta({ id: "ApprovalRuleChanges" });
export type ApprovalRuleChanges = z.infer<typeof ApprovalRuleChanges>;

/** A rule as the version 1 hook reads it: the first one that matches decides. */
export const AgentApprovalRule = z
  .object({
    id: z.uuid(),
    name: z.string(),
    tool_pattern: z.string(),
    param_pattern: z.string().nullable(),
    action: z.enum(TOOL_DECISIONS).describe("The version 1 hook takes ask for deny"),
    is_active: z.literal(true),
    scope_type: z.enum(["project", "server"]),
    scope_id: z.uuid(),
    agent_filter: z.string().describe("`all`, or names with commas between them"),
  })
  .meta({ id: "AgentApprovalRule" });
export type AgentApprovalRule = z.infer<typeof AgentApprovalRule>;

/** The most entries of one batch that are kept: the newest. */
export const PERMISSION_BATCH_MAX = 5_000;

/** What the hook has noted down. The daemon has forgotten it when it sends it, so nothing in it is a reason to refuse. */
export const PermissionBatch = z
  .object({
    entries: z.array(z.unknown()).describe("The newest 5,000 are kept; those in no known form are passed over"),
  })
  .meta({ id: "PermissionBatch" });

const short = (length: number) => z.string().transform((text) => text.slice(0, length));

export const PermissionEntry = z.object({
  id: z.uuid().nullish().catch(null).describe("One that is sent again is kept once"),
  session_id: short(200).nullish(),
  tool_name: short(200),
  tool_input: z.unknown(),
  decision: z.enum(["allowed", "denied", "asked"]),
  matched_rule_id: short(64).nullish(),
  reason: short(2000).nullish(),
  agent_name: short(100).nullish(),
  created_at: z.iso.datetime({ offset: true }).nullish().catch(null),
});
export type PermissionEntry = z.infer<typeof PermissionEntry>;

/** One decision on a tool that an agent wanted to use. */
export const Permission = z
  .object({
    id: z.number().int(),
    server_id: ServerId,
    server_name: z.string(),
    session_id: SessionId.nullable(),
    session_name: z.string().nullable(),
    tool_name: z.string(),
    tool_input: z.unknown().describe("A large one is cut: `{cut: true, beginning}`"),
    decision: z.enum(["allowed", "denied", "asked"]).describe("asked: no rule matched, and the agent asked a person"),
    matched_rule_id: z.string().nullable(),
    reason: z.string().nullable(),
    agent_name: z.string().nullable(),
    at: Moment,
  })
  .meta({ id: "Permission" });
export type Permission = z.infer<typeof Permission>;
