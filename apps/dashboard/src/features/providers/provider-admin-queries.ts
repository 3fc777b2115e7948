import type { NewOauthProvider, OauthProviderChanges } from "@orchestratia/protocol/oauth";
import {
  createOauthProvider,
  deleteOauthProvider,
  listOauthProviders,
  updateOauthProvider,
} from "@orchestratia/protocol/operations/oauth";
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import { signInProvidersQuery } from "../account/provider-queries.ts";
import { hub } from "../hub/hub-client.ts";

/** Every provider with how it is set up; for admins. */
export const oauthProvidersQuery = queryOptions({
  queryKey: ["oauth_providers"],
  queryFn: async ({ signal }) => (await hub.call(listOauthProviders, { signal })).providers,
});

async function refresh(queries: QueryClient): Promise<void> {
  await Promise.all([
    queries.invalidateQueries({ queryKey: oauthProvidersQuery.queryKey }),
    queries.invalidateQueries({ queryKey: signInProvidersQuery.queryKey }),
  ]);
}

export async function addProvider(queries: QueryClient, body: z.input<typeof NewOauthProvider>) {
  const made = await hub.call(createOauthProvider, { body });
  await refresh(queries);
  return made;
}

export async function changeProvider(
  queries: QueryClient,
  provider: string,
  body: z.input<typeof OauthProviderChanges>,
): Promise<void> {
  await hub.call(updateOauthProvider, { params: { provider }, body });
  await refresh(queries);
}

export async function removeProvider(queries: QueryClient, provider: string): Promise<void> {
  await hub.call(deleteOauthProvider, { params: { provider } });
  await refresh(queries);
}
