import type { RecordingHit } from "@orchestratia/protocol/recordings";
import type { ProjectId, SessionId } from "@orchestratia/protocol/vocabulary";
import { Conditions } from "../db/conditions.ts";
import { encodeCursor, readCursor } from "../db/keyset-cursor.ts";
import type { Sql } from "../db/transaction.ts";
import { readQuery, searchValues, tsQuery } from "../search/search-query.ts";
import { readSnippet } from "../search/snippet.ts";
import { SessionEnd } from "./queries.ts";

export interface RecordingSearch {
  q: string;
  session?: string | undefined;
  moments: number;
  limit: number;
  after?: string | undefined;
}

interface Found {
  session_id: SessionId;
  session_name: string;
  agent: string;
  server_name: string;
  started_at: Date;
  number: number;
  found: number;
}

/** Of the sessions `$1` the first `$6` moments each that the query in `$2` to `$5` finds. */
const MOMENTS = {
  name: "recording_moments",
  text: `select session_id, at, ts_headline('simple', translate(content, E'\\x01\\x02', ''), ${tsQuery(2)},
      E'StartSel="\\x01", StopSel="\\x02", MaxFragments=1, MaxWords=24, MinWords=8') as snippet
    from (
      select session_id, segment, part, at, content,
        row_number() over (partition by session_id order by segment, part) as place
      from hub.recording_texts where session_id = any($1::uuid[]) and document @@ ${tsQuery(2)}
    ) as moment where place <= $6 order by session_id, segment, part`,
};

/** The sessions in which the words were printed, the newest first. Throws invalid_request for a made-up `after`. */
export async function searchRecordings(
  sql: Sql,
  projectId: ProjectId,
  { q, session, moments, limit, after }: RecordingSearch,
): Promise<{ hits: RecordingHit[]; next: string | null }> {
  const asked = searchValues(readQuery(q));
  const where = new Conditions(projectId, limit + 1, ...asked);
  where.given(session, (id) => `s.id = ${id}`);
  const [end] = after === undefined ? [] : readCursor(after, SessionEnd);
  where.given(end, (number) => `s.number < ${number}`);
  const rows = await sql.query<Found>(
    `select s.id as session_id, s.name as session_name, s.agent, server.name as server_name,
       coalesce(s.started_at, s.created_at) as started_at, s.number, hit.found
     from (
       select session_id, count(*)::int as found from hub.recording_texts
       where project_id = $1 and document @@ ${tsQuery(3)} group by session_id
     ) as hit join sessions s on s.id = hit.session_id join servers server on server.id = s.server_id
     where s.project_id = $1${where} order by s.number desc limit $2`,
    where.values,
  );
  const page = rows.slice(0, limit);
  const ids = page.map(({ session_id }) => session_id);
  const found =
    ids.length === 0
      ? []
      : await sql.query<{ session_id: string; at: number; snippet: string }>(MOMENTS, [ids, ...asked, moments]);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    hits: page.map(({ number: _, started_at, ...hit }) => ({
      ...hit,
      started_at: started_at.toISOString(),
      moments: found
        .filter(({ session_id }) => session_id === hit.session_id)
        .map(({ at, snippet }) => ({ at, snippet: readSnippet(snippet) })),
    })),
    next: last ? encodeCursor([last.number]) : null,
  };
}
