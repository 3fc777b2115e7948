"use client";
import type { Project } from "@orchestratia/protocol/projects";
import type { UserId } from "@orchestratia/protocol/vocabulary";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { RevokeButton } from "../servers/revoke-button.tsx";
import { leaveProject, membersQuery } from "./member-queries.ts";
import { MemberRow } from "./member-row.tsx";

const AddMemberDialog = lazy(() => import("./add-member-dialog.tsx").then((it) => ({ default: it.AddMemberDialog })));

type MembersCardProps = { project: Project; me: UserId | undefined; settles: boolean };

/** Everybody in the project; `settles` says whether the reader may change who that is. */
export function MembersCard({ project, me, settles }: MembersCardProps) {
  const queries = useQueryClient();
  const members = useQuery(membersQuery(project.id));
  const [isAdding, setAdding] = useState(false);
  const isIn = members.data?.some(({ user_id }) => user_id === me) ?? false;
  return (
    <Card
      title={`People in ${project.name}`}
      bodyClassName="px-4 py-0"
      action={
        settles ? (
          <Button aria-haspopup="dialog" onClick={() => setAdding(true)}>
            Add somebody
          </Button>
        ) : null
      }
    >
      {members.isPending ? <SkeletonRows rows={3} className="px-0" /> : null}
      {members.error ? (
        <ErrorState className="my-4" error={members.error} onRetry={() => void members.refetch()} />
      ) : null}
      {members.data?.length === 0 ? (
        <EmptyState title="Nobody is in the project">Admins of this hub see it nevertheless.</EmptyState>
      ) : null}
      {members.data && members.data.length > 0 ? (
        <ul aria-label="Members" className="divide-y">
          {members.data.map((member) => (
            <MemberRow
              key={member.user_id}
              project={project.id}
              member={member}
              isMe={member.user_id === me}
              settles={settles}
            />
          ))}
        </ul>
      ) : null}
      {isIn ? (
        <div className="flex flex-wrap justify-end gap-2 border-t py-3">
          <RevokeButton
            verb="Leave"
            keep="Stay"
            what={`the project ${project.name}`}
            consequence="You are out of the project at once. To come back, you need one of its owners."
            revoke={() => leaveProject(queries, project.id)}
          />
        </div>
      ) : null}
      {isAdding ? (
        <Suspense fallback={null}>
          <AddMemberDialog project={project} onClose={() => setAdding(false)} />
        </Suspense>
      ) : null}
    </Card>
  );
}
