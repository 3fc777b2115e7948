import { diagnoseProject } from "@orchestratia/protocol/operations/doctor";
import { queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";

export const diagnosisQuery = (project: string) =>
  queryOptions({
    queryKey: ["doctor", project],
    queryFn: ({ signal }) => hub.call(diagnoseProject, { params: { project }, signal }),
    // It reads every open task, so it is asked by the clock and not with each fact; time alone makes findings, too.
    staleTime: 0,
    refetchInterval: 15_000,
  });
