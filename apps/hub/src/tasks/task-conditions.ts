import type { TaskFilter } from "@orchestratia/protocol/task-filter";
import type { ProjectId, TaskId } from "@orchestratia/protocol/vocabulary";
import type { Conditions } from "../db/conditions.ts";
import type { Database } from "../db/database.ts";
import { BLOCKED_BY_FAILED } from "../dependencies/blocked-by-failed.ts";
import { resolveTaskRef } from "./task-ref.ts";

/** With the parent found; null for tasks without one. */
export type ResolvedTaskFilter = Partial<Omit<TaskFilter, "parent">> & { parentId?: TaskId | null | undefined };

/** Throws task_not_found, task_ambiguous for a parent that there is not. */
export async function resolveTaskFilter(
  database: Pick<Database, "sql">,
  projectId: ProjectId,
  { parent, ...filter }: TaskFilter,
): Promise<ResolvedTaskFilter> {
  if (parent === undefined) return filter;
  const parentId = parent.toLowerCase() === "none" ? null : await resolveTaskRef(database, projectId, parent);
  return { ...filter, parentId };
}

const ARCHIVED = { true: "t.archived_at is not null", false: "t.archived_at is null" } as const;

/** Adds what the filter asks of a tasks row `t`; the statement's first parameter is the project. */
export function addTaskConditions(where: Conditions, filter: ResolvedTaskFilter): void {
  const { archived = "false", blocked, blocked_by_failed, parentId } = filter;
  where.given(filter.status, (status) => `t.status = any(${status}::task_status[])`);
  where.given(filter.type, (type) => `t.type = any(${type}::task_type[])`);
  where.given(filter.priority, (priority) => `t.priority = any(${priority}::task_priority[])`);
  where.given(filter.label, (labels) => `t.labels @> ${labels}::text[]`);
  where.given(
    filter.server,
    (server) => `t.assigned_server_id in (select id from servers
      where project_id = $1 and (id::text = lower(${server}) or name = ${server}))`,
  );
  where.given(
    filter.session,
    (session) => `t.assigned_session_id in (select id from sessions
      where project_id = $1 and (id::text = lower(${session}) or name = ${session}))`,
  );
  if (parentId === null) where.add("t.parent_id is null");
  else where.given(parentId, (parent) => `t.parent_id = ${parent}`);
  if (blocked !== undefined) where.add(blocked ? "t.blockers > 0" : "t.blockers = 0");
  if (blocked_by_failed !== undefined) {
    where.add(`t.id ${blocked_by_failed ? "in" : "not in"} (${BLOCKED_BY_FAILED})`);
  }
  if (archived !== "any") where.add(ARCHIVED[archived]);
  where.given(
    filter.created_by,
    (author) => `t.created_by ->> 'id' = lower(${author}) or t.created_by ->> 'type' = lower(${author})`,
  );
  where.given(filter.updated_since, (moment) => `t.updated_at >= ${moment}::timestamptz`);
}
