import type { NewApprovalRule } from "@orchestratia/protocol/approval-rules";
import { Problem } from "@orchestratia/protocol/problems";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { actorOf, type Caller } from "../access/caller.ts";
import { projectLock, type Tx, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { RULE_COLUMNS, type RuleRow, type RuleView, requireServerOf, toRule } from "./queries.ts";
import type { Rules } from "./rules.ts";

/** The hook walks through all of them for every use of a tool. */
const MOST_RULES = 500;

/** Throws server_not_found, too_many_rules. */
export async function createRule(
  rules: Rules,
  caller: Caller,
  projectId: ProjectId,
  rule: NewApprovalRule,
): Promise<RuleView> {
  const made = await transaction(rules.database.pool, async (tx) => {
    await projectLock(tx, projectId);
    return createRuleLocked(tx, caller, projectId, rule);
  });
  rules.events.wake();
  return made;
}

/** Under the project's lock. */
export async function createRuleLocked(
  tx: Tx,
  caller: Caller,
  projectId: string,
  rule: NewApprovalRule,
): Promise<RuleView> {
  if (rule.server_id) await requireServerOf(tx, projectId, rule.server_id);
  const [row] = await tx.query<RuleRow>(
    `insert into hub.approval_rules (project_id, server_id, name, tool_pattern, param_pattern, action, agents,
      is_active, created_by)
    select $1, $2, $3, $4, $5, $6, $7, $8, $9
    where (select count(*) from hub.approval_rules where project_id = $1) < ${MOST_RULES}
    returning ${RULE_COLUMNS}`,
    [
      projectId,
      rule.server_id,
      rule.name,
      rule.tool_pattern,
      rule.param_pattern,
      rule.action,
      rule.agents,
      rule.is_active,
      actorOf(caller),
    ],
  );
  if (!row) throw new Problem("too_many_rules", `A project has at most ${MOST_RULES} approval rules.`);
  await record(tx, {
    type: "approval_rule.created",
    project_id: projectId,
    server_id: row.server_id,
    actor: actorOf(caller),
    details: { rule_id: row.id, ...rule },
  });
  return toRule(row);
}
