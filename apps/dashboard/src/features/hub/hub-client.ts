import { HubClient, RefusedError, UnreachableError } from "@orchestratia/client/http";
import { QueryCache, QueryClient } from "@tanstack/react-query";

let csrfToken: string | null = null;

/** Every write carries the token that the sign-in gave; another site cannot know it. */
export const rememberCsrfToken = (token: string | null): void => {
  csrfToken = token;
};

/** The hub behind this page's own origin. */
export const hub = new HubClient({
  baseUrl: "",
  headers: (): Record<string, string> => (csrfToken ? { "x-csrf-token": csrfToken } : {}),
});

export const isSignedOut = (error: unknown): boolean =>
  error instanceof RefusedError && error.code === "unauthenticated";

export const isMissing = (error: unknown): boolean => error instanceof RefusedError && error.status === 404;

/** Only silence is worth asking again; a refusal stays one. */
const retry = (failures: number, error: unknown): boolean => error instanceof UnreachableError && failures < 3;

/** The page's cache of the hub. A sign-in that ended anywhere shows as nobody being signed in. */
export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (isSignedOut(error)) client.setQueryData(["me"], null);
      },
    }),
    defaultOptions: { queries: { retry, staleTime: 60_000 }, mutations: { retry: false } },
  });
  return client;
}
