import type { Activity } from "@orchestratia/protocol/activity";

/** A row of activity_log that has its position. */
export interface ActivityRow {
  position: number;
  event_type: string;
  project_id: string | null;
  task_id: string | null;
  session_id: string | null;
  server_id: string | null;
  actor: unknown;
  details: unknown;
  at: Date;
}

export const ACTIVITY_COLUMNS =
  "a.position, a.event_type, a.project_id, a.task_id, a.session_id, a.server_id, a.actor, a.details, a.at";

/** The columns are written by `record` alone, typed there, so they are not parsed again. */
export const toActivity = (row: ActivityRow): Activity =>
  ({ ...row, position: Number(row.position), at: row.at.toISOString() }) as Activity;
