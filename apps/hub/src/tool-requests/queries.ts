import { Problem } from "@orchestratia/protocol/problems";
import { denialReason, TOOL_ANSWERS, type ToolRequest } from "@orchestratia/protocol/tool-requests";
import type { Actor } from "@orchestratia/protocol/vocabulary";
import type { z } from "zod";
import type { AgentCaller } from "../access/agent-powers.ts";
import type { Sql } from "../db/transaction.ts";

interface Row {
  id: string;
  intervention_id: string;
  status: "pending" | "responded" | "expired" | "cancelled";
  response: string | null;
  responder: Actor | null;
  timeout_at: Date;
}

const FIND = {
  name: "find_tool_request",
  text: `select r.id, r.intervention_id, i.status, i.response, i.responder, i.timeout_at
    from hub.tool_requests r join interventions i on i.id = r.intervention_id
    where r.id = $1 and r.project_id = $2 and case when $3 then r.session_id else r.server_id end = $4`,
};

export interface FoundToolRequest {
  interventionId: string;
  view: z.input<typeof ToolRequest>;
}

/** One that the caller may know of: its own session's, or its server's. */
export async function findToolRequest(
  sql: Sql,
  caller: AgentCaller,
  requestId: string,
): Promise<FoundToolRequest | undefined> {
  const [row] = await sql.query<Row>(FIND, [requestId, caller.projectId, caller.kind === "session", caller.id]);
  return row && { interventionId: row.intervention_id, view: toView(row) };
}

/** Throws tool_request_not_found. */
export async function getToolRequest(sql: Sql, caller: AgentCaller, requestId: string): Promise<FoundToolRequest> {
  const found = await findToolRequest(sql, caller, requestId);
  if (!found) throw new Problem("tool_request_not_found");
  return found;
}

function toView({ id, status, response, responder, timeout_at }: Row): FoundToolRequest["view"] {
  const isAllowed = status === "responded" && (response === TOOL_ANSWERS.once || response === TOOL_ANSWERS.always);
  const decided = isAllowed ? "allowed" : "denied";
  return {
    id,
    status: status === "responded" ? decided : status,
    reason: status === "responded" ? answeredWords(responder, decided, response) : response,
    timeout_at: timeout_at.toISOString(),
  };
}

function answeredWords(responder: Actor | null, decided: "allowed" | "denied", response: string | null): string {
  const why = denialReason(response ?? "");
  return `${responder?.name ?? "Somebody"} ${decided} it${why === undefined ? "." : `: ${why}`}`;
}
