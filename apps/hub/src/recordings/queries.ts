import { Problem } from "@orchestratia/protocol/problems";
import type { Recording } from "@orchestratia/protocol/recordings";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { z } from "zod";
import { Conditions } from "../db/conditions.ts";
import { encodeCursor, readCursor } from "../db/keyset-cursor.ts";
import type { Sql } from "../db/transaction.ts";

/** Where a page ended: the session's number. */
export const SessionEnd = z.tuple([z.number().int().min(0).max(2_147_483_647)]);

const SELECT = `
  select s.id as session_id, s.name as session_name, s.status as session_status, s.agent, s.server_id,
    server.name as server_name, coalesce(s.started_at, s.created_at) as started_at, s.closed_at, s.number,
    t.id as task_id, t.key as task_key, recorded.*
  from sessions s join servers server on server.id = s.server_id
    left join (
      select distinct on (session_id) session_id, task_id from engine.leases where project_id = $1
      order by session_id, opened_at desc
    ) as worked on worked.session_id = s.id
    left join tasks t on t.id = coalesce(worked.task_id, s.task_id)
    join lateral (
      select case when min(segment) = 0 then 0 else coalesce(min(starts_at), 0) end as begins,
        coalesce(max(ends_at), 0) as ends, sum(bytes)::float8 as bytes, count(*)::int as segments
      from hub.recording_segments where session_id = s.id having count(*) > 0
    ) as recorded on true`;

const ONE = { name: "recording_of", text: `${SELECT} where s.project_id = $1 and s.id = $2` };
const SESSION = { name: "recording_session", text: "select 1 from sessions where project_id = $1 and id = $2" };

type Row = Omit<Recording, "started_at" | "closed_at"> & { started_at: Date; closed_at: Date | null; number: number };

export interface RecordingPage {
  session?: string | undefined;
  taskId?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
  limit: number;
  after?: string | undefined;
}

/** The newest sessions first. Throws invalid_request for a made-up `after`. */
export async function listRecordings(
  sql: Sql,
  projectId: ProjectId,
  { session, taskId, since, until, limit, after }: RecordingPage,
): Promise<{ recordings: Recording[]; next: string | null }> {
  const where = new Conditions(projectId, limit + 1);
  where.given(session, (id) => `s.id = ${id}`);
  where.given(
    taskId,
    (id) => `s.task_id = ${id} or exists (select from engine.leases l where l.session_id = s.id and l.task_id = ${id})`,
  );
  where.given(since, (moment) => `coalesce(s.closed_at, now()) >= ${moment}`);
  where.given(until, (moment) => `coalesce(s.started_at, s.created_at) <= ${moment}`);
  const [end] = after === undefined ? [] : readCursor(after, SessionEnd);
  where.given(end, (number) => `s.number < ${number}`);
  const text = `${SELECT} where s.project_id = $1${where} order by s.number desc limit $2`;
  const rows = await sql.query<Row>(text, where.values);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { recordings: rows.slice(0, limit).map(toRecording), next: last ? encodeCursor([last.number]) : null };
}

/** Throws session_not_found and recording_not_found. */
export async function getRecording(sql: Sql, projectId: ProjectId, sessionId: string): Promise<Recording> {
  const [row] = await sql.query<Row>(ONE, [projectId, sessionId]);
  if (row) return toRecording(row);
  const [session] = await sql.query(SESSION, [projectId, sessionId]);
  throw new Problem(session ? "recording_not_found" : "session_not_found");
}

const toRecording = ({ number: _, ...row }: Row): Recording => ({
  ...row,
  started_at: row.started_at.toISOString(),
  closed_at: row.closed_at?.toISOString() ?? null,
});
