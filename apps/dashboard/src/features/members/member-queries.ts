import type { Invitation } from "@orchestratia/protocol/invitations";
import type { Member } from "@orchestratia/protocol/members";
import {
  createProjectInvitation,
  listProjectInvitations,
  revokeProjectInvitation,
} from "@orchestratia/protocol/operations/invitations";
import {
  addMember as addMemberOperation,
  changeMember,
  leaveProject as leaveProjectOperation,
  listMembers,
  removeMember as removeMemberOperation,
} from "@orchestratia/protocol/operations/members";
import type { ProjectId, ProjectRole } from "@orchestratia/protocol/vocabulary";
import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";

const pageLength = 50;

/** Who is in the project: owners first, then by name. */
export const membersQuery = (project: ProjectId) =>
  queryOptions({
    queryKey: ["members", project],
    queryFn: async ({ signal }) => (await hub.call(listMembers, { params: { project }, signal })).members,
  });

/** The invitations to the project, newest first. */
export const invitationsQuery = (project: ProjectId) =>
  infiniteQueryOptions({
    queryKey: ["project_invitations", project],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: after, signal }) =>
      hub.call(listProjectInvitations, {
        params: { project },
        query: { limit: pageLength, ...(after ? { after } : {}) },
        signal,
      }),
    getNextPageParam: ({ next }) => next,
  });

/** What somebody may changes with the role: the caller's own stands in the list of projects. */
async function refresh(queries: QueryClient): Promise<void> {
  await queries.invalidateQueries({ queryKey: ["projects"] });
  await queries.invalidateQueries({ queryKey: ["members"] });
}

const refreshInvitations = (queries: QueryClient, project: ProjectId) =>
  queries.invalidateQueries({ queryKey: invitationsQuery(project).queryKey });

export async function addMember(
  queries: QueryClient,
  project: ProjectId,
  body: { email: string; role: ProjectRole },
): Promise<void> {
  await hub.call(addMemberOperation, { params: { project }, body });
  await refresh(queries);
}

export async function changeRole(
  queries: QueryClient,
  project: ProjectId,
  { user_id: user }: Member,
  role: ProjectRole,
): Promise<void> {
  await hub.call(changeMember, { params: { project, user }, body: { role } });
  await refresh(queries);
}

export async function removeMember(queries: QueryClient, project: ProjectId, { user_id }: Member): Promise<void> {
  await hub.call(removeMemberOperation, { params: { project, user: user_id } });
  await refresh(queries);
}

export async function leaveProject(queries: QueryClient, project: ProjectId): Promise<void> {
  await hub.call(leaveProjectOperation, { params: { project } });
  await refresh(queries);
}

export async function invite(queries: QueryClient, project: ProjectId, body: { email?: string; role: ProjectRole }) {
  const made = await hub.call(createProjectInvitation, { params: { project }, body });
  void refreshInvitations(queries, project);
  return made;
}

export async function revokeInvitation(queries: QueryClient, project: ProjectId, { id }: Invitation): Promise<void> {
  await hub.call(revokeProjectInvitation, { params: { project, invitation: id } });
  await refreshInvitations(queries, project);
}
