import type { TaskSummary } from "@orchestratia/protocol/tasks";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { Conditions } from "../db/conditions.ts";
import { addSearchCondition } from "../search/search-condition.ts";
import type { PageEnd, TaskOrder } from "./page-cursor.ts";
import { type TaskSources, toSummaries } from "./queries.ts";
import { addTaskConditions, type ResolvedTaskFilter } from "./task-conditions.ts";
import { SELECT_SUMMARIES, type SummaryRow } from "./task-select.ts";

export interface TaskPage extends ResolvedTaskFilter {
  /** Words to be found in it. */
  q?: string | undefined;
  sort?: TaskOrder | undefined;
  limit: number;
  /** Where the page before ended. */
  after?: PageEnd | undefined;
}

interface Order {
  by: string;
  /** What comes behind a page that ended with these parameters. */
  behind: (number: string, by: string) => string;
  /** What a page end keeps besides the number. */
  keep?: (row: SummaryRow) => string;
}

const ORDERS: Record<TaskOrder, Order> = {
  newest: { by: "t.number desc", behind: (number) => `t.number < ${number}` },
  oldest: { by: "t.number", behind: (number) => `t.number > ${number}` },
  priority: {
    by: "t.priority desc, t.number",
    behind: (number, by) =>
      `t.priority < ${by}::task_priority or t.priority = ${by}::task_priority and t.number > ${number}`,
    keep: (row) => row.priority,
  },
  updated: {
    by: "t.updated_at desc, t.number desc",
    behind: (number, by) => `(t.updated_at, t.number) < (${by}::timestamptz, ${number}::int)`,
    keep: (row) => row.updated_at.toISOString(),
  },
};

/** A page of the project's tasks, newest first unless asked otherwise. `next` is null on the last page. */
export async function listTasks(
  sources: TaskSources,
  projectId: ProjectId,
  { q, sort = "newest", limit, after, ...filter }: TaskPage,
): Promise<{ tasks: TaskSummary[]; next: PageEnd | null }> {
  const order = ORDERS[sort];
  const where = new Conditions(projectId, limit + 1);
  addTaskConditions(where, filter);
  if (q !== undefined) addSearchCondition(where, q);
  if (after) where.add(order.behind(where.parameter(after.number), after.by === null ? "" : where.parameter(after.by)));
  const text = `${SELECT_SUMMARIES} where t.project_id = $1${where} order by ${order.by} limit $2`;
  // The plain pages are asked for all the time, and each connection prepares them once.
  const isPlain = where.values.length === (after ? 3 : 2) && sort === "newest";
  const statement = isPlain && !narrows(filter) ? { name: after ? "tasks_next_page" : "tasks_page", text } : text;
  const rows = await sources.database.sql.query<SummaryRow>(statement, where.values);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next = rows.length > limit && last ? { sort, number: last.number, by: order.keep?.(last) ?? null } : null;
  return { tasks: await toSummaries(sources, page), next };
}

/** Whether conditions without parameters are asked for. */
const narrows = ({ blocked, blocked_by_failed, archived = "false", parentId }: ResolvedTaskFilter): boolean =>
  blocked !== undefined || blocked_by_failed !== undefined || archived !== "false" || parentId === null;
