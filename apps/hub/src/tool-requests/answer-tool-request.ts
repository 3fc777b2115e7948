import type { Allowance } from "@orchestratia/domain/tool-rules";
import { RULE_AGENTS } from "@orchestratia/protocol/approval-rules";
import { Problem } from "@orchestratia/protocol/problems";
import { TOOL_ANSWERS } from "@orchestratia/protocol/tool-requests";
import type { ServerId } from "@orchestratia/protocol/vocabulary";
import type { Caller } from "../access/caller.ts";
import { createRuleLocked } from "../approval-rules/create-rule.ts";
import type { Tx } from "../db/transaction.ts";

interface Row {
  server_id: ServerId;
  agent: string;
  allowances: Allowance[];
}

const ASKED = {
  name: "tool_request_answered",
  text: "select server_id, agent, allowances from hub.tool_requests where intervention_id = $1",
};
const OWNS = {
  name: "owns_project",
  text: "select from project_members where project_id = $1 and user_id = $2 and role = 'owner'",
};
const NAME_LENGTH = 200;

/**
 * What follows from an answer, in the transaction that records it and under the project's lock: “Allow always” makes rules
 * for the server and the agent. Throws forbidden for who may make none, too_many_rules.
 */
export async function answerToolRequest(
  tx: Tx,
  caller: Caller,
  asked: { id: string; project_id: string },
  choice: string,
): Promise<void> {
  if (choice !== TOOL_ANSWERS.always) return;
  await mustMakeRules(tx, caller, asked.project_id);
  const [request] = await tx.query<Row>(ASKED, [asked.id]);
  if (!request) return;
  const agents = RULE_AGENTS.filter((agent) => agent === request.agent);
  for (const allowance of request.allowances) {
    await createRuleLocked(tx, caller, asked.project_id, {
      ...allowance,
      name: `Allowed always: ${allowance.param_pattern}`.slice(0, NAME_LENGTH),
      action: "allow",
      server_id: request.server_id,
      agents,
      is_active: true,
    });
  }
}

async function mustMakeRules(tx: Tx, caller: Caller, projectId: string): Promise<void> {
  if (caller.kind === "system") return;
  if (caller.kind === "user") {
    if (caller.role === "admin") return;
    const owns = await tx.query(OWNS, [projectId, caller.id]);
    if (owns.length > 0) return;
  }
  throw new Problem("forbidden", "Only who administers the project may allow it always; you can allow it once.");
}
