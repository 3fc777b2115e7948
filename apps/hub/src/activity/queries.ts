import type { Activity } from "@orchestratia/protocol/activity";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { Conditions } from "../db/conditions.ts";
import type { Sql } from "../db/transaction.ts";
import { ACTIVITY_COLUMNS, type ActivityRow, toActivity } from "../events/activity-row.ts";

export interface ActivityPage {
  /** Facts behind this position, oldest first. */
  after?: number | undefined;
  /** Facts before this position; newest first, unless `after` is given too. */
  before?: number | undefined;
  limit: number;
  taskId?: string | undefined;
  sessionId?: string | undefined;
  serverId?: string | undefined;
  /** Types, and `task.*` for all that begin so; with commas between them. */
  eventType?: string | undefined;
  /** An id, or a kind of actor. */
  actor?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

/**
 * The facts of one project, of none (null: the hub's own) or of everywhere (undefined), that have their place in the
 * public order; without `after` the newest, newest first.
 */
export async function listActivity(
  sql: Sql,
  projectId: ProjectId | null | undefined,
  page: ActivityPage,
): Promise<Activity[]> {
  const where = new Conditions(page.limit);
  if (projectId === null) where.add("a.project_id is null");
  else where.given(projectId, (id) => `a.project_id = ${id}`);
  where.given(page.after, (after) => `a.position > ${after}`);
  where.given(page.before, (before) => `a.position < ${before}`);
  where.given(page.taskId, (id) => `a.task_id = ${id}`);
  where.given(page.sessionId, (id) => `a.session_id::text = lower(${id})`);
  where.given(page.serverId, (id) => `a.server_id::text = lower(${id})`);
  where.given(
    page.eventType?.split(",").map((type) => type.trim()),
    (types) => `a.event_type = any(${types}) or exists (select from unnest(${types}::text[]) as asked
      where asked like '%.*' and starts_with(a.event_type, left(asked, -1)))`,
  );
  where.given(page.actor, (actor) => `a.actor ->> 'id' = lower(${actor}) or a.actor ->> 'type' = lower(${actor})`);
  where.given(page.since, (since) => `a.at >= ${since}::timestamptz`);
  where.given(page.until, (until) => `a.at < ${until}::timestamptz`);
  const rows = await sql.query<ActivityRow>(
    `select ${ACTIVITY_COLUMNS} from activity_log a where a.position is not null${where}
      order by a.position ${page.after === undefined ? "desc" : "asc"} limit $1`,
    where.values,
  );
  return rows.map(toActivity);
}
