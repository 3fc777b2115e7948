import type { NewAccessToken } from "@orchestratia/protocol/access-tokens";
import {
  createAccessToken,
  listAccessTokens,
  revokeAccessToken,
} from "@orchestratia/protocol/operations/access-tokens";
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";

/** The person's own tokens that open something, newest first. */
export const accessTokensQuery = queryOptions({
  queryKey: ["access_tokens"],
  queryFn: async ({ signal }) => (await hub.call(listAccessTokens, { signal })).access_tokens,
});

const refresh = (queries: QueryClient) => queries.invalidateQueries({ queryKey: accessTokensQuery.queryKey });

export async function makeToken(queries: QueryClient, body: NewAccessToken) {
  const made = await hub.call(createAccessToken, { body });
  void refresh(queries);
  return made;
}

export async function revokeToken(queries: QueryClient, token: string): Promise<void> {
  await hub.call(revokeAccessToken, { params: { access_token: token } });
  await refresh(queries);
}
