import { listTaskOutput } from "@orchestratia/protocol/operations/output";
import type { Task } from "@orchestratia/protocol/tasks";
import { infiniteQueryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";
import { lastPage, pageAfter, pageBefore } from "./output-pages.ts";

/** A task's output from its end. What was printed never changes, so no page is read twice. */
export const outputQuery = ({ project_id, id }: Pick<Task, "project_id" | "id">, newest: number) =>
  infiniteQueryOptions({
    queryKey: ["output", project_id, id],
    staleTime: Number.POSITIVE_INFINITY,
    initialPageParam: lastPage(newest),
    queryFn: ({ pageParam, signal }) =>
      hub.call(listTaskOutput, { params: { project: project_id, task: id }, query: pageParam, signal }),
    getPreviousPageParam: (_page, _pages, at) => pageBefore(at),
    getNextPageParam: (page, _pages, at) => pageAfter(page, at),
  });
