import { me, setup, setupState, signIn, signOut } from "@orchestratia/protocol/operations/people";
import type { Me as MeSchema } from "@orchestratia/protocol/people";
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import { hub, isSignedOut, rememberCsrfToken } from "../hub/hub-client.ts";

type Me = z.infer<typeof MeSchema>;

/** Who is signed in; null when nobody is. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }): Promise<Me | null> => {
    try {
      const answer = await hub.call(me, { signal });
      rememberCsrfToken(answer.csrf_token);
      return answer;
    } catch (error) {
      if (isSignedOut(error)) return null;
      throw error;
    }
  },
});

export const setupStateQuery = queryOptions({
  queryKey: ["setup"],
  staleTime: 0,
  queryFn: ({ signal }) => hub.call(setupState, { signal }),
});

/** From here on somebody else, or nobody, is signed in: nothing that was read before stays visible. */
export function becomes(queries: QueryClient, me: Me | null): void {
  rememberCsrfToken(me?.csrf_token ?? null);
  queries.setQueryData(meQuery.queryKey, me);
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== meQuery.queryKey[0] });
}

export async function signInWith(queries: QueryClient, body: { email: string; password: string }): Promise<void> {
  becomes(queries, await hub.call(signIn, { body }));
}

export async function setUpWith(
  queries: QueryClient,
  body: { token: string; email: string; name: string; password: string },
): Promise<void> {
  becomes(queries, await hub.call(setup, { body }));
}

export async function leave(queries: QueryClient): Promise<void> {
  await hub.call(signOut);
  becomes(queries, null);
}
