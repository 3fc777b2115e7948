import type { ApprovalRuleChanges } from "@orchestratia/protocol/approval-rules";
import { Problem } from "@orchestratia/protocol/problems";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { actorOf, type Caller } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { RULE_COLUMNS, type RuleRow, type RuleView, requireServerOf, toRule } from "./queries.ts";
import type { Rules } from "./rules.ts";

/** What is left out stays as it is. Throws rule_not_found, server_not_found. */
export async function updateRule(
  rules: Rules,
  caller: Caller,
  { projectId, ruleId, changes }: { projectId: ProjectId; ruleId: string; changes: ApprovalRuleChanges },
): Promise<RuleView> {
  const { name, tool_pattern, param_pattern, action, server_id, agents, is_active } = changes;
  const changed = await transaction(rules.database.pool, async (tx) => {
    if (server_id) await requireServerOf(tx, projectId, server_id);
    const [row] = await tx.query<RuleRow>(
      `update hub.approval_rules set name = coalesce($3, name), tool_pattern = coalesce($4, tool_pattern),
        param_pattern = case when $5 then $6 else param_pattern end, action = coalesce($7, action),
        server_id = case when $8 then $9::uuid else server_id end, agents = coalesce($10, agents),
        is_active = coalesce($11, is_active), updated_at = now()
      where project_id = $1 and id = $2 returning ${RULE_COLUMNS}`,
      [
        projectId,
        ruleId,
        name ?? null,
        tool_pattern ?? null,
        param_pattern !== undefined,
        param_pattern ?? null,
        action ?? null,
        server_id !== undefined,
        server_id ?? null,
        agents ?? null,
        is_active ?? null,
      ],
    );
    if (!row) throw new Problem("rule_not_found");
    await record(tx, {
      type: "approval_rule.updated",
      project_id: projectId,
      server_id: row.server_id,
      actor: actorOf(caller),
      details: { rule_id: row.id, fields: Object.keys(changes), ...toRule(row) },
    });
    return toRule(row);
  });
  rules.events.wake();
  return changed;
}
