import { createPasswordReset } from "@orchestratia/protocol/operations/password-resets";
import { deactivateUser, listUsers, reactivateUser, updateUser } from "@orchestratia/protocol/operations/users";
import type { Account } from "@orchestratia/protocol/users";
import { infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";
import type { HubRole } from "./people-words.ts";

const pageLength = 50;

/** Everybody; or only who may sign in, only admins of those, or only who was deactivated. */
export const accountKinds = ["everybody", "active", "admins", "deactivated"] as const;
export type AccountKind = (typeof accountKinds)[number];

const filterOf: Record<AccountKind, { active?: "true" | "false"; role?: HubRole }> = {
  everybody: {},
  active: { active: "true" },
  admins: { active: "true", role: "admin" },
  deactivated: { active: "false" },
};

/** The accounts of a kind, part of whose name or address is `name`, by address. Nothing tells of changes to them. */
export const accountsQuery = (kind: AccountKind, name: string) =>
  infiniteQueryOptions({
    queryKey: ["accounts", kind, name],
    staleTime: 0,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: after, signal }) =>
      hub.call(listUsers, {
        query: { limit: pageLength, ...filterOf[kind], ...(after ? { after } : {}), ...(name ? { name } : {}) },
        signal,
      }),
    getNextPageParam: ({ next }) => next,
    placeholderData: (before) => before,
  });

/** One's own role may be the one that changed: then the list is not for one's eyes any more. */
async function refresh(queries: QueryClient): Promise<void> {
  await queries.invalidateQueries({ queryKey: ["me"] });
  await queries.invalidateQueries({ queryKey: ["accounts"] });
}

export async function changeHubRole(queries: QueryClient, { id: user }: Account, role: HubRole): Promise<void> {
  await hub.call(updateUser, { params: { user }, body: { role } });
  await refresh(queries);
}

export async function deactivate(queries: QueryClient, { id: user }: Account): Promise<void> {
  await hub.call(deactivateUser, { params: { user } });
  await refresh(queries);
}

export async function reactivate(queries: QueryClient, { id: user }: Account): Promise<void> {
  await hub.call(reactivateUser, { params: { user } });
  await refresh(queries);
}

export const makeResetLink = ({ id: user }: Account) => hub.call(createPasswordReset, { params: { user } });
