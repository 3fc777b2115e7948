import { searchTasks } from "@orchestratia/protocol/operations/search";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";

export const resultCount = 20;

/** The best matches of a project's tasks; those of the words before stay until the new ones are there. */
export const searchQuery = (project: string, words: string, withArchived: boolean) =>
  queryOptions({
    queryKey: ["search", project, words, withArchived],
    enabled: words !== "",
    staleTime: 5_000,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      hub.call(searchTasks, {
        params: { project },
        query: { q: words, limit: resultCount, archived: withArchived ? "any" : "false" },
        signal,
      }),
  });
