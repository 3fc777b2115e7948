import { countProject } from "@orchestratia/protocol/operations/people";
import { queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";

export const countsQuery = (project: string) =>
  queryOptions({
    queryKey: ["counts", project],
    queryFn: ({ signal }) => hub.call(countProject, { params: { project }, signal }),
  });
