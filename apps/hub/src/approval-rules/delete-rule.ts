import { Problem } from "@orchestratia/protocol/problems";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { actorOf, type Caller } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { RULE_COLUMNS, type RuleRow, type RuleView, toRule } from "./queries.ts";
import type { Rules } from "./rules.ts";

/** Answers what it was. Throws rule_not_found. */
export async function deleteRule(
  rules: Rules,
  caller: Caller,
  projectId: ProjectId,
  ruleId: string,
): Promise<RuleView> {
  const deleted = await transaction(rules.database.pool, async (tx) => {
    const [row] = await tx.query<RuleRow>(
      `delete from hub.approval_rules where project_id = $1 and id = $2 returning ${RULE_COLUMNS}`,
      [projectId, ruleId],
    );
    if (!row) throw new Problem("rule_not_found");
    await record(tx, {
      type: "approval_rule.deleted",
      project_id: projectId,
      server_id: row.server_id,
      actor: actorOf(caller),
      details: { rule_id: row.id, ...toRule(row) },
    });
    return toRule(row);
  });
  rules.events.wake();
  return deleted;
}
