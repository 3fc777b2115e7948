import type { AgentStatus, SessionRole, SessionStatus } from "@orchestratia/domain/vocabulary";
import { Problem } from "@orchestratia/protocol/problems";
import type { Session } from "@orchestratia/protocol/sessions";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { Conditions } from "../db/conditions.ts";
import type { Sql } from "../db/transaction.ts";

const MOST = 500;

type Dates = "created_at" | "started_at" | "closed_at";
type Row = Omit<Session, Dates> & { created_at: Date; started_at: Date | null; closed_at: Date | null };

const LIVE = "s.status in ('starting', 'active', 'disconnected', 'lost')";
const isLive = (status: SessionStatus): boolean => status !== "closed" && status !== "error";

/** Of the tasks that a session holds, the one that was begun. */
const SELECT = `
  select s.id, s.number, s.project_id, s.server_id, server.name as server_name, s.name, s.agent, s.role, s.status,
    s.agent_status, s.waiting, s.working_directory, task.id as task_id, task.key as task_key, task.title as task_title,
    s.exit_code, s.error, s.created_at, s.started_at, s.closed_at
  from sessions s join servers server on server.id = s.server_id
    left join lateral (
      select t.id, t.key, t.title from tasks t
      where t.assigned_session_id = s.id
        and t.status in ('assigned', 'planning', 'plan_review', 'running', 'review', 'needs_human')
      order by t.status = 'assigned', t.number limit 1
    ) as task on true`;

const ONE = { name: "session_by_id", text: `${SELECT} where s.project_id = $1 and s.id = $2` };

export interface SessionPage {
  /** True for those that run, false for those that ended. */
  live?: boolean | undefined;
  status?: SessionStatus[] | undefined;
  agentStatus?: AgentStatus[] | undefined;
  role?: SessionRole | undefined;
  agent?: string | undefined;
  /** Id or name. */
  server?: string | undefined;
  limit?: number | undefined;
  /** Where the page before ended. */
  after?: SessionPageEnd | undefined;
}

export interface SessionPageEnd {
  live: boolean;
  number: number;
}

/** Live ones first, each part newest first. */
export async function listSessions(
  sql: Sql,
  projectId: ProjectId,
  { live, limit = MOST, after, ...page }: SessionPage,
): Promise<{ sessions: Session[]; next: SessionPageEnd | null }> {
  const where = new Conditions(projectId, limit + 1);
  if (live !== undefined) where.add(live ? LIVE : `not (${LIVE})`);
  where.given(page.status, (status) => `s.status = any(${status})`);
  where.given(page.agentStatus, (status) => `s.agent_status = any(${status})`);
  where.given(page.role, (role) => `s.role = ${role}`);
  where.given(page.agent, (agent) => `s.agent = ${agent}`);
  where.given(page.server, (server) => `s.server_id::text = lower(${server}) or server.name = ${server}`);
  if (after) {
    const number = where.parameter(after.number);
    where.add(after.live ? `not (${LIVE}) or s.number < ${number}` : `not (${LIVE}) and s.number < ${number}`);
  }
  const text = `${SELECT} where s.project_id = $1${where} order by not (${LIVE}), s.number desc limit $2`;
  const rows = await sql.query<Row>(text, where.values);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    sessions: rows.slice(0, limit).map(toSession),
    next: last ? { live: isLive(last.status), number: last.number } : null,
  };
}

/** Throws session_not_found. */
export async function getSession(sql: Sql, projectId: ProjectId, id: string): Promise<Session> {
  const [row] = await sql.query<Row>(ONE, [projectId, id]);
  if (!row) throw new Problem("session_not_found");
  return toSession(row);
}

const toSession = (row: Row): Session => ({
  ...row,
  created_at: row.created_at.toISOString(),
  started_at: row.started_at?.toISOString() ?? null,
  closed_at: row.closed_at?.toISOString() ?? null,
});
