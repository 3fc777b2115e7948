import { Problem } from "@orchestratia/protocol/problems";
import type { Session } from "@orchestratia/protocol/sessions";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import type { Sql } from "../db/transaction.ts";

const MOST = 500;

type Dates = "created_at" | "started_at" | "closed_at";
type Row = Omit<Session, Dates> & { created_at: Date; started_at: Date | null; closed_at: Date | null };

const LIVE = "s.status in ('starting', 'active', 'disconnected', 'lost')";

/** Of the tasks that a session holds, the one that was begun. */
const SELECT = `
  select s.id, s.number, s.project_id, s.server_id, server.name as server_name, s.name, s.agent, s.role, s.status,
    s.agent_status, s.working_directory, task.id as task_id, task.key as task_key, task.title as task_title,
    s.exit_code, s.error, s.created_at, s.started_at, s.closed_at
  from sessions s join servers server on server.id = s.server_id
    left join lateral (
      select t.id, t.key, t.title from tasks t
      where t.assigned_session_id = s.id
        and t.status in ('assigned', 'planning', 'plan_review', 'running', 'review', 'needs_human')
      order by t.status = 'assigned', t.number limit 1
    ) as task on true`;

const OF_PROJECT = {
  name: "sessions_of_project",
  text: `${SELECT} where s.project_id = $1 and (not $2 or ${LIVE}) order by not (${LIVE}), s.number desc limit ${MOST}`,
};
const ONE = { name: "session_by_id", text: `${SELECT} where s.project_id = $1 and s.id = $2` };

/** Live ones first, each part newest first. */
export async function listSessions(sql: Sql, projectId: ProjectId, onlyLive: boolean): Promise<Session[]> {
  const rows = await sql.query<Row>(OF_PROJECT, [projectId, onlyLive]);
  return rows.map(toSession);
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
