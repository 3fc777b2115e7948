import type { AgentCaller } from "../access/agent-powers.ts";
import { actorOf } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { type FoundToolRequest, getToolRequest } from "./queries.ts";
import { causeOf, type ToolRequests } from "./tool-requests.ts";

const WITHDRAW = {
  name: "withdraw_tool_request",
  text: `update interventions set status = 'cancelled', responded_at = now() where id = $1 and status = 'pending'
    returning task_id, session_id`,
};

/** Nobody waits for the answer any more. What was decided meanwhile stays. Throws tool_request_not_found. */
export async function withdrawToolRequest(
  { database, events }: ToolRequests,
  caller: AgentCaller,
  requestId: string,
): Promise<FoundToolRequest> {
  const withdrawn = await transaction(database.pool, async (tx) => {
    const { interventionId } = await getToolRequest(tx, caller, requestId);
    const [open] = await tx.query<{ task_id: string | null; session_id: string | null }>(WITHDRAW, [interventionId]);
    if (open) {
      await record(tx, {
        type: "intervention.cancelled",
        project_id: caller.projectId,
        ...open,
        actor: actorOf(caller),
        details: { intervention_id: interventionId, cause: causeOf(requestId) },
      });
    }
    return getToolRequest(tx, caller, requestId);
  });
  events.wake();
  return withdrawn;
}
