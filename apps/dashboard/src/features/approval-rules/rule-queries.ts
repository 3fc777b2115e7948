import type {
  ApprovalRule,
  ApprovalRuleChanges,
  NewApprovalRule,
  Permission,
} from "@orchestratia/protocol/approval-rules";
import {
  createApprovalRule,
  deleteApprovalRule,
  listApprovalRules,
  listPermissions,
  updateApprovalRule,
} from "@orchestratia/protocol/operations/approval-rules";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import { hub } from "../hub/hub-client.ts";

const pageLength = 50;
/** Decisions come from the daemons in batches, and are no facts. */
const againMs = 10_000;

/** In the order in which the first match decides. */
export const rulesQuery = (project: ProjectId) =>
  queryOptions({
    queryKey: ["approval_rules", project],
    queryFn: async ({ signal }) => (await hub.call(listApprovalRules, { params: { project }, signal })).rules,
  });

const refresh = (queries: QueryClient, project: ProjectId) =>
  queries.invalidateQueries({ queryKey: ["approval_rules", project] });

export async function addRule(
  queries: QueryClient,
  project: ProjectId,
  body: z.input<typeof NewApprovalRule>,
): Promise<void> {
  await hub.call(createApprovalRule, { params: { project }, body });
  await refresh(queries, project);
}

export async function changeRule(
  queries: QueryClient,
  { project_id: project, id: rule }: ApprovalRule,
  body: z.input<typeof ApprovalRuleChanges>,
): Promise<void> {
  await hub.call(updateApprovalRule, { params: { project, rule }, body });
  await refresh(queries, project);
}

export async function removeRule(queries: QueryClient, { project_id: project, id: rule }: ApprovalRule): Promise<void> {
  await hub.call(deleteApprovalRule, { params: { project, rule } });
  await refresh(queries, project);
}

export type DecisionKind = Permission["decision"] | "all";

/** What was decided about agents' tools, newest first; in one session, or without it in all of them. */
export const decisionsQuery = (project: ProjectId, kind: DecisionKind, session: string) =>
  infiniteQueryOptions({
    queryKey: ["permissions", project, kind, session],
    staleTime: 0,
    refetchInterval: againMs,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: after, signal }) => {
      const query = {
        limit: pageLength,
        ...(kind !== "all" && { decision: kind }),
        ...(session && { session_id: session }),
        ...(after && { after }),
      };
      return hub.call(listPermissions, { params: { project }, query, signal });
    },
    getNextPageParam: ({ next }) => next,
  });
