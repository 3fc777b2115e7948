import type { Task } from "@orchestratia/protocol/tasks";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { activityQuery } from "../activity/activity-queries.ts";
import { newestPiece } from "./output-pages.ts";
import { outputQuery } from "./output-queries.ts";

/** A task's output, which goes on while the caller is on screen: its activity tells of every new piece. */
export function useTaskOutput(task: Task) {
  const told = useQuery({ ...activityQuery(task.project_id, task), select: newestPiece });
  const newest = told.data ?? 0;
  const output = useInfiniteQuery({ ...outputQuery(task, newest), enabled: !told.isPending });
  const { data, fetchNextPage, isFetching, isSuccess } = output;
  const pieces = data?.pages.flatMap((page) => page.output) ?? [];
  const hasLater = typeof data?.pages.at(-1)?.next === "number";
  const isBehind = isSuccess && !isFetching && !hasLater && newest > (pieces.at(-1)?.seq ?? 0);
  const asked = useRef(0);

  useEffect(() => {
    // Once for each piece that is told of: one that is not to be had is not asked for again and again.
    if (!isBehind || asked.current >= newest) return;
    asked.current = newest;
    void fetchNextPage();
  }, [isBehind, newest, fetchNextPage]);

  return { ...output, pieces, hasLater };
}
