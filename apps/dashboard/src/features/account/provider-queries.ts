import {
  linkIdentity,
  listMyIdentities,
  listSignInProviders,
  unlinkIdentity as unlinkIdentityOperation,
} from "@orchestratia/protocol/operations/oauth";
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";

/** What people can sign in with besides a password. */
export const signInProvidersQuery = queryOptions({
  queryKey: ["sign_in_providers"],
  queryFn: async ({ signal }) => (await hub.call(listSignInProviders, { signal })).providers,
});

/** The accounts of providers that are linked to the person's own. */
export const identitiesQuery = queryOptions({
  queryKey: ["identities"],
  queryFn: async ({ signal }) => (await hub.call(listMyIdentities, { signal })).identities,
});

/** Sends the browser to the provider, which sends it back to `next`. */
export async function beginLink(provider: string, next: string): Promise<void> {
  const { location } = await hub.call(linkIdentity, { params: { provider }, body: { next } });
  window.location.assign(location);
}

export async function unlinkIdentity(queries: QueryClient, identity: string): Promise<void> {
  await hub.call(unlinkIdentityOperation, { params: { identity } });
  await queries.invalidateQueries({ queryKey: identitiesQuery.queryKey });
}
