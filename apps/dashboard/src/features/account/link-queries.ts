import { RefusedError } from "@orchestratia/client/http";
import type { OpenInvitation } from "@orchestratia/protocol/invitations";
import { acceptInvitation, joinByInvitation, viewInvitation } from "@orchestratia/protocol/operations/invitations";
import { resetPassword, viewPasswordReset } from "@orchestratia/protocol/operations/password-resets";
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import { hub } from "../hub/hub-client.ts";
import { rememberProject } from "../projects/project-context.tsx";
import { becomes } from "./account-queries.ts";

export type Offer = z.infer<typeof OpenInvitation>;

/** Used, withdrawn, too old or never made; the hub does not tell which. */
export const isDeadLink = (error: unknown): boolean => error instanceof RefusedError && error.code === "token_invalid";

/** What a link opens does not change while it is looked at. */
const once = { staleTime: Number.POSITIVE_INFINITY, refetchOnWindowFocus: false } as const;

export const invitationQuery = (token: string) =>
  queryOptions({
    ...once,
    queryKey: ["invitation", token],
    queryFn: ({ signal }) => hub.call(viewInvitation, { body: { token }, signal }),
  });

export const passwordResetQuery = (token: string) =>
  queryOptions({
    ...once,
    queryKey: ["password_reset", token],
    queryFn: ({ signal }) => hub.call(viewPasswordReset, { body: { token }, signal }),
  });

type Guest = { token: string; name: string; email?: string; password: string };

/** Makes the account and signs in. */
export async function acceptWith(queries: QueryClient, guest: Guest, { project }: Offer): Promise<void> {
  const me = await hub.call(acceptInvitation, { body: guest });
  if (project) rememberProject(project.id);
  becomes(queries, me);
}

/** Takes the offer with the account that is signed in. */
export async function joinWith(queries: QueryClient, token: string): Promise<void> {
  const { project } = await hub.call(joinByInvitation, { body: { token } });
  if (project) rememberProject(project.id);
  // The link itself is used up: to ask for it again would show it as dead on the way out.
  await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "invitation" });
}

/** Sets the password and signs in. */
export async function resetWith(queries: QueryClient, body: { token: string; password: string }): Promise<void> {
  becomes(queries, await hub.call(resetPassword, { body }));
}
