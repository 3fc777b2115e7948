import type { Member } from "@orchestratia/protocol/members";
import {
  addMember as addMemberOperation,
  changeMember,
  leaveProject as leaveProjectOperation,
  listMembers,
  removeMember as removeMemberOperation,
} from "@orchestratia/protocol/operations/members";
import type { ProjectId, ProjectRole } from "@orchestratia/protocol/vocabulary";
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";

/** Who is in the project: owners first, then by name. */
export const membersQuery = (project: ProjectId) =>
  queryOptions({
    queryKey: ["members", project],
    queryFn: async ({ signal }) => (await hub.call(listMembers, { params: { project }, signal })).members,
  });

/** What somebody may do changes with the role: the caller's own stands in the list of projects. */
async function refresh(queries: QueryClient): Promise<void> {
  await queries.invalidateQueries({ queryKey: ["projects"] });
  await queries.invalidateQueries({ queryKey: ["members"] });
}

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
