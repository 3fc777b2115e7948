import {
  cleanWorktrees,
  discardWorktree,
  listWorktrees,
  viewTaskDiff,
} from "@orchestratia/protocol/operations/workspaces";
import type { Worktree } from "@orchestratia/protocol/workspace";
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";

/** Where a checkout is. */
export type Place = { project: string; server: string };

/** The checkouts on a server. Its daemon looks at each of them: it is asked when somebody looks, not with every fact. */
export const worktreesQuery = ({ project, server }: Place) =>
  queryOptions({
    queryKey: ["worktrees", project, server],
    staleTime: 10_000,
    queryFn: ({ signal }) => hub.call(listWorktrees, { params: { project, server }, signal }),
  });

/** Names of the files of a task's checkout that are in no commit. */
export const uncommittedQuery = (project: string, { task_id }: Pick<Worktree, "task_id">) =>
  queryOptions({
    queryKey: ["uncommitted", task_id],
    staleTime: 0,
    gcTime: 0,
    queryFn: async ({ signal }) => {
      const params = { project, task: task_id };
      const { files } = await hub.call(viewTaskDiff, { params, query: { source: "checkout" }, signal });
      return files.filter(({ uncommitted }) => uncommitted).map(({ path }) => path);
    },
  });

const refresh = (queries: QueryClient, place: Place) =>
  queries.invalidateQueries({ queryKey: worktreesQuery(place).queryKey });

export async function discard(
  queries: QueryClient,
  place: Place,
  { task_id }: Pick<Worktree, "task_id">,
  force: boolean,
): Promise<void> {
  await hub.call(discardWorktree, { params: { ...place, task: task_id }, body: { force } });
  await refresh(queries, place);
}

export async function clean(queries: QueryClient, place: Place) {
  const cleaned = await hub.call(cleanWorktrees, { params: place });
  await refresh(queries, place);
  return cleaned;
}
