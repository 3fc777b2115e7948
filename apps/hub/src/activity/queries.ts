import type { Activity } from "@orchestratia/protocol/activity";
import type { ProjectId, TaskId } from "@orchestratia/protocol/vocabulary";
import type { Sql } from "../db/transaction.ts";
import { ACTIVITY_COLUMNS, type ActivityRow, toActivity } from "../events/activity-row.ts";

export interface ActivityPage {
  /** Facts behind this position, oldest first. */
  after?: number | undefined;
  /** Facts before this position; newest first, unless `after` is given too. */
  before?: number | undefined;
  limit: number;
  taskId?: TaskId | undefined;
  sessionId?: string | undefined;
  eventType?: string | undefined;
}

/** The project's facts that have their place in the public order; without `after` the newest, newest first. */
export async function listActivity(sql: Sql, projectId: ProjectId, page: ActivityPage): Promise<Activity[]> {
  const values: unknown[] = [projectId, page.limit];
  const conditions: string[] = [];
  const where = (condition: string, value: unknown) => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(` and ${condition} $${values.length}`);
  };
  where("a.position >", page.after);
  where("a.position <", page.before);
  where("a.task_id =", page.taskId);
  where("a.session_id::text =", page.sessionId?.toLowerCase());
  where("a.event_type =", page.eventType);
  const rows = await sql.query<ActivityRow>(
    `select ${ACTIVITY_COLUMNS} from activity_log a
      where a.project_id = $1 and a.position is not null${conditions.join("")}
      order by a.position ${page.after === undefined ? "desc" : "asc"} limit $2`,
    values,
  );
  return rows.map(toActivity);
}
