import type { Activity } from "@orchestratia/protocol/activity";
import type { Caller } from "../access/caller.ts";
import type { Sql } from "../db/transaction.ts";
import { ACTIVITY_COLUMNS, type ActivityRow, toActivity } from "../events/activity-row.ts";

/** The facts that a reader asked for and may see. */
export interface VisibleFacts {
  /** Null: of every project, and the hub's own. */
  projects: ReadonlySet<string> | null;
  /** Null: of every kind. `task.*` is every kind that begins so. */
  types: readonly string[] | null;
}

/** The projects whose facts a caller may see now; null for all of them and the hub's own facts. */
export async function visibleProjects(sql: Sql, caller: Caller): Promise<ReadonlySet<string> | null> {
  if (caller.kind === "system") return null;
  if (caller.kind !== "user") return new Set([caller.projectId]);
  const { scope } = caller;
  if (caller.role === "admin") return scope?.projectIds ? new Set(scope.projectIds) : null;
  const rows = await sql.query<{ project_id: string }>("select project_id from project_members where user_id = $1", [
    caller.id,
  ]);
  const mine = rows.map(({ project_id }) => project_id);
  return new Set(scope?.projectIds ? mine.filter((id) => scope.projectIds?.includes(id)) : mine);
}

export const isVisible = ({ projects, types }: VisibleFacts, { project_id, event_type }: Activity): boolean =>
  (projects === null || (project_id !== null && projects.has(project_id))) &&
  (types === null || types.some((type) => isOfType(event_type, type)));

const isOfType = (eventType: string, type: string): boolean =>
  type.endsWith(".*") ? eventType.startsWith(type.slice(0, -1)) : eventType === type;

/** In order, behind `after` and up to `upTo`. */
export async function readFacts(
  sql: Sql,
  { projects, types }: VisibleFacts,
  { after, upTo, limit }: { after: number; upTo: number; limit: number },
): Promise<Activity[]> {
  const rows = await sql.query<ActivityRow>(
    `select ${ACTIVITY_COLUMNS} from activity_log a
     where a.position > $1 and a.position <= $2
       and ($3::uuid[] is null or a.project_id = any($3)) and ($4::text[] is null or a.event_type = any($4) or exists (
         select from unnest($4) as asked where asked like '%.*' and starts_with(a.event_type, left(asked, -1))))
     order by a.position limit $5`,
    [after, upTo, projects && [...projects], types, limit],
  );
  return rows.map(toActivity);
}
