import { isSettled } from "@orchestratia/domain/task-lifecycle";
import { listChildren } from "@orchestratia/protocol/operations/epics";
import type { Task, TaskSummary } from "@orchestratia/protocol/tasks";
import { queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";

type Child = Pick<TaskSummary, "id" | "status" | "children">;
type ChildrenOf = (id: Task["id"]) => Promise<readonly Child[]>;

/** More families than this are not asked for: "at least" is enough to think twice. */
const mostFamilies = 40;

export type OpenBelow = { count: number; isAll: boolean };

/** How many unsettled tasks stand below one, all the way down: a settled parent can have open ones too. */
export async function countOpenBelow(root: Pick<Task, "id" | "children">, childrenOf: ChildrenOf): Promise<OpenBelow> {
  const families = root.children ? [root.id] : [];
  let count = 0;
  for (let asked = 0; families.length > 0; asked += 1) {
    if (asked === mostFamilies) return { count, isAll: false };
    const children = await childrenOf(families.shift() as Task["id"]);
    count += children.filter(({ status }) => !isSettled(status)).length;
    families.push(...children.filter((child) => child.children).map(({ id }) => id));
  }
  return { count, isAll: true };
}

export const openBelowQuery = (task: Pick<Task, "id" | "project_id" | "children">) =>
  queryOptions({
    queryKey: ["children", task.project_id, task.id, "open below"],
    staleTime: 0,
    queryFn: ({ signal }) =>
      countOpenBelow(task, async (id) => {
        const params = { project: task.project_id, task: id };
        return (await hub.call(listChildren, { params, query: { limit: 500 }, signal })).tasks;
      }),
  });
