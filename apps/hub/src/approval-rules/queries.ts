import type { AgentApprovalRule, ApprovalRule } from "@orchestratia/protocol/approval-rules";
import { Problem } from "@orchestratia/protocol/problems";
import type { Actor, ProjectId, ServerId } from "@orchestratia/protocol/vocabulary";
import type { z } from "zod";
import type { Sql } from "../db/transaction.ts";

export interface RuleRow {
  id: string;
  project_id: ProjectId;
  server_id: ServerId | null;
  name: string;
  tool_pattern: string;
  param_pattern: string | null;
  action: ApprovalRule["action"];
  agents: ApprovalRule["agents"];
  is_active: boolean;
  created_by: Actor;
  created_at: Date;
  updated_at: Date;
}

export const RULE_COLUMNS = `id, project_id, server_id, name, tool_pattern, param_pattern, action, agents, is_active,
  created_by, created_at, updated_at`;

/** The first one that matches decides, so what forbids comes before what allows, and the server's own before the rest. */
const IN_ORDER = "order by array_position(array['deny', 'ask', 'allow'], action), server_id is null, created_at, id";

const OF_PROJECT = {
  name: "approval_rules_of_project",
  text: `select ${RULE_COLUMNS} from hub.approval_rules where project_id = $1 ${IN_ORDER}`,
};
const OF_SERVER = {
  name: "approval_rules_of_server",
  text: `select ${RULE_COLUMNS} from hub.approval_rules
    where project_id = $1 and (server_id is null or server_id = $2) and is_active ${IN_ORDER}`,
};

export type RuleView = z.input<typeof ApprovalRule>;

export async function listRules(sql: Sql, projectId: ProjectId): Promise<RuleView[]> {
  return (await sql.query<RuleRow>(OF_PROJECT, [projectId])).map(toRule);
}

/** Those that are active on a server, as they are kept. */
export function rulesThatHold(sql: Sql, projectId: string, serverId: string): Promise<RuleRow[]> {
  return sql.query<RuleRow>(OF_SERVER, [projectId, serverId]);
}

/** As the hook on a server reads them. */
export async function rulesOfServer(
  sql: Sql,
  projectId: ProjectId,
  serverId: ServerId,
): Promise<z.input<typeof AgentApprovalRule>[]> {
  const rows = await rulesThatHold(sql, projectId, serverId);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    tool_pattern: row.tool_pattern,
    param_pattern: row.param_pattern,
    action: row.action,
    is_active: true,
    ...(row.server_id === null
      ? { scope_type: "project" as const, scope_id: row.project_id }
      : { scope_type: "server" as const, scope_id: row.server_id }),
    agent_filter: row.agents.length === 0 ? "all" : row.agents.join(","),
  }));
}

/** Throws server_not_found for one of another project. */
export async function requireServerOf(sql: Sql, projectId: string, serverId: string): Promise<void> {
  const found = await sql.query("select from servers where id = $1 and project_id = $2", [serverId, projectId]);
  if (found.length === 0) throw new Problem("server_not_found", "The project has no such server.");
}

export const toRule = ({ created_at, updated_at, ...row }: RuleRow): RuleView => ({
  ...row,
  created_at: created_at.toISOString(),
  updated_at: updated_at.toISOString(),
});
