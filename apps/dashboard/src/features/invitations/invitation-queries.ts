import type { Invitation, NewInvitation } from "@orchestratia/protocol/invitations";
import {
  createInvitation,
  createProjectInvitation,
  listInvitations,
  listProjectInvitations,
  revokeInvitation as revokeInvitationOperation,
  revokeProjectInvitation,
} from "@orchestratia/protocol/operations/invitations";
import type { ProjectId, ProjectRole } from "@orchestratia/protocol/vocabulary";
import { infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";
import type { z } from "zod";
import { hub } from "../hub/hub-client.ts";

const pageLength = 50;

/** Invitations are to one project, or (null) to the hub and whatever project they name: those only admins see, all of them. */
export type InvitedTo = ProjectId | null;

/** The invitations, newest first. */
export const invitationsQuery = (project: InvitedTo) =>
  infiniteQueryOptions({
    queryKey: ["invitations", project],
    // Facts of invitations to the hub itself reach no browser.
    ...(project === null && { staleTime: 0 }),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: after, signal }) => {
      const query = { limit: pageLength, ...(after ? { after } : {}) };
      return project === null
        ? hub.call(listInvitations, { query, signal })
        : hub.call(listProjectInvitations, { params: { project }, query, signal });
    },
    getNextPageParam: ({ next }) => next,
  });

const refresh = (queries: QueryClient) => queries.invalidateQueries({ queryKey: ["invitations"] });

export async function inviteToProject(
  queries: QueryClient,
  project: ProjectId,
  body: { email?: string; role: ProjectRole },
) {
  const made = await hub.call(createProjectInvitation, { params: { project }, body });
  void refresh(queries);
  return made;
}

export async function inviteToHub(queries: QueryClient, body: z.input<typeof NewInvitation>) {
  const made = await hub.call(createInvitation, { body });
  void refresh(queries);
  return made;
}

export async function revokeInvitation(queries: QueryClient, project: InvitedTo, { id }: Invitation): Promise<void> {
  if (project === null) await hub.call(revokeInvitationOperation, { params: { invitation: id } });
  else await hub.call(revokeProjectInvitation, { params: { project, invitation: id } });
  await refresh(queries);
}
