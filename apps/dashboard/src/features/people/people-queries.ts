import { createPasswordReset } from "@orchestratia/protocol/operations/password-resets";
import { deactivateUser, listUsers, reactivateUser, updateUser } from "@orchestratia/protocol/operations/users";
import type { Account } from "@orchestratia/protocol/users";
import { infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";
import type { HubRole } from "./people-words.ts";

const pageLength = 50;

/** Everybody who has an account and part of whose name or address is `name`, by address. */
export const accountsQuery = (name: string) =>
  infiniteQueryOptions({
    queryKey: ["accounts", name],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: after, signal }) =>
      hub.call(listUsers, {
        query: { limit: pageLength, ...(after ? { after } : {}), ...(name ? { name } : {}) },
        signal,
      }),
    getNextPageParam: ({ next }) => next,
    placeholderData: (before) => before,
  });

/** One's own role may be the one that changed. */
async function refresh(queries: QueryClient): Promise<void> {
  await queries.invalidateQueries({ queryKey: ["accounts"] });
  await queries.invalidateQueries({ queryKey: ["me"] });
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
