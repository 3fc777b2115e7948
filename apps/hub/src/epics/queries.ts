import type { TaskSummary } from "@orchestratia/protocol/tasks";
import { type TaskSources, toSummaries } from "../tasks/queries.ts";
import { SELECT_SUMMARIES, type SummaryRow } from "../tasks/task-select.ts";

export interface ChildrenPage {
  limit: number;
  /** Where the page before ended. */
  after?: ChildCursor | undefined;
}

/** A child's place in the order. */
export interface ChildCursor {
  position: number;
  number: number;
}

const CHILDREN = {
  name: "children_page",
  text: `${SELECT_SUMMARIES} where t.parent_id = $1 and ($2::int is null or (t.position, t.number) > ($2, $3::int))
    order by t.position, t.number limit $4`,
};

/** A parent's children in their order. `next` is null on the last page. */
export async function listChildren(
  sources: TaskSources,
  parentId: string,
  { limit, after }: ChildrenPage,
): Promise<{ tasks: TaskSummary[]; next: ChildCursor | null }> {
  const values = [parentId, after?.position ?? null, after?.number ?? null, limit + 1];
  const rows = await sources.database.sql.query<SummaryRow>(CHILDREN, values);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next = rows.length > limit && last ? { position: last.position ?? 0, number: last.number } : null;
  return { tasks: await toSummaries(sources, page), next };
}
