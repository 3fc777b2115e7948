import { randomUUID } from "node:crypto";
import { type Allowance, judge } from "@orchestratia/domain/tool-rules";
import { BUILT_IN_RULES } from "@orchestratia/domain/tool-rules-built-in";
import { Problem } from "@orchestratia/protocol/problems";
import { type NewToolRequest, TOOL_ANSWERS } from "@orchestratia/protocol/tool-requests";
import type { AgentCaller } from "../access/agent-powers.ts";
import { actorOf } from "../access/caller.ts";
import { rulesThatHold } from "../approval-rules/queries.ts";
import { type Tx, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { type FoundToolRequest, findToolRequest, getToolRequest } from "./queries.ts";
import { contextOf, questionOf } from "./question.ts";
import { causeOf, type ToolRequests } from "./tool-requests.ts";

/** An agent runs a few tools at a time; more than these are no questions to people. */
const MOST_PENDING = 20;

/** Two arrivals of one request wait for each other. */
const LOCK = "select pg_advisory_xact_lock(hashtextextended($1, 0))";
const SESSION = {
  name: "session_that_asks_for_tool",
  text: `select s.id, s.server_id, s.name, (select count(*)::int from hub.tool_requests r
        join interventions i on i.id = r.intervention_id
        where r.session_id = s.id and i.status = 'pending') as pending,
      (select t.id from tasks t where t.assigned_session_id = s.id
        and t.status in ('planning', 'plan_review', 'running', 'review', 'needs_human') order by t.number limit 1) as task_id
    from sessions s
    where s.id = $1 and s.project_id = $2 and s.server_id = $3 and s.status not in ('closed', 'error')`,
};
const RAISE = {
  name: "raise_tool_request",
  text: `with raised as (
      insert into interventions (id, project_id, task_id, session_id, raised_by, intervention_type, cause, question,
        context, options, urgency, timeout_at)
      values ($1, $2, $3, $4, 'hub', 'approval', $5, $6, $7, $8, 'high', now() + make_interval(secs => $9))
      returning id)
    insert into hub.tool_requests (id, project_id, server_id, session_id, intervention_id, agent, tool_name, allowances)
    select $10, $2, $11, $4, id, $12, $13, $14 from raised`,
};

interface AskingSession {
  id: string;
  server_id: string;
  name: string;
  pending: number;
  task_id: string | null;
}

/**
 * Puts to people whether a session's agent may use a tool. Its task's status stays as it is. Throws session_not_found,
 * tool_request_not_found for an id that is taken, too_many_requests.
 */
export async function askForTool(
  { database, events }: ToolRequests,
  caller: AgentCaller,
  request: NewToolRequest,
): Promise<FoundToolRequest> {
  const raised = await transaction(database.pool, async (tx) => {
    await tx.query(LOCK, [request.request_id]);
    const known = await findToolRequest(tx, caller, request.request_id);
    if (known) return known;
    const taken = await tx.query("select from hub.tool_requests where id = $1", [request.request_id]);
    if (taken.length > 0) throw new Problem("tool_request_not_found", "This id belongs to another request.");
    const session = await askingSession(tx, caller, request);
    await raise(tx, caller, session, request);
    return getToolRequest(tx, caller, request.request_id);
  });
  events.wake();
  return raised;
}

async function askingSession(tx: Tx, caller: AgentCaller, request: NewToolRequest): Promise<AskingSession> {
  const [sessionId, serverId] =
    caller.kind === "session" ? [caller.id, caller.serverId] : [request.session_id ?? null, caller.id];
  if (request.session_id !== undefined && request.session_id !== sessionId) {
    throw new Problem("session_not_found", "A session asks for itself only.");
  }
  const [session] = await tx.query<AskingSession>(SESSION, [sessionId, caller.projectId, serverId]);
  if (!session) throw new Problem("session_not_found", "This server has no such open session.");
  if (session.pending >= MOST_PENDING) {
    throw new Problem("too_many_requests", `The session already waits for ${MOST_PENDING} decisions.`);
  }
  return session;
}

async function raise(tx: Tx, caller: AgentCaller, session: AskingSession, request: NewToolRequest): Promise<void> {
  const { request_id: id, agent, tool_name, tool_input, cwd, timeout_seconds } = request;
  const rules = await rulesThatHold(tx, caller.projectId, session.server_id);
  const { parts } = judge([...rules, ...BUILT_IN_RULES], {
    agent,
    tool: tool_name,
    input: tool_input,
    server: session.server_id,
    ...(cwd !== undefined && { cwd }),
  });
  const asked = parts.filter(({ decision }) => decision !== "allow");
  const allowances = asked.flatMap(({ allowance }): Allowance[] => (allowance ? [allowance] : []));
  const canAlways = asked.length > 0 && allowances.length === asked.length;
  const { once, always, deny } = TOOL_ANSWERS;
  const interventionId = randomUUID();
  const question = questionOf(session.name, request, parts);
  await tx.query(RAISE, [
    interventionId,
    caller.projectId,
    session.task_id,
    session.id,
    causeOf(id),
    question,
    contextOf(request, canAlways ? allowances : []),
    canAlways ? [once, always, deny] : [once, deny],
    timeout_seconds,
    id,
    session.server_id,
    agent,
    tool_name,
    JSON.stringify(canAlways ? allowances : []),
  ]);
  await record(tx, {
    type: "intervention.raised",
    project_id: caller.projectId,
    task_id: session.task_id,
    session_id: session.id,
    actor: actorOf(caller),
    details: { intervention_id: interventionId, question, cause: causeOf(id) },
  });
}
