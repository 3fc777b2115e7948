"use client";
import type { Invitation } from "@orchestratia/protocol/invitations";
import type { Project } from "@orchestratia/protocol/projects";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { TimeAgo, useNow } from "../../ui/time-ago.tsx";
import { RevokeButton } from "../servers/revoke-button.tsx";
import { invitationsQuery, revokeInvitation } from "./member-queries.ts";
import { fateWords, roleWord } from "./member-words.ts";

const InviteDialog = lazy(() => import("./invite-dialog.tsx").then((it) => ({ default: it.InviteDialog })));

/** The links to the project, and what has become of each; for whoever settles who is in it. */
export function InvitationsCard({ project }: { project: Project }) {
  const { data, isPending, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    invitationsQuery(project.id),
  );
  const [isMaking, setMaking] = useState(false);
  const invitations = data?.pages.flatMap((page) => page.invitations) ?? [];
  return (
    <Card
      title="Invitations"
      bodyClassName="px-4 py-0"
      action={
        <Button aria-haspopup="dialog" onClick={() => setMaking(true)}>
          Invite
        </Button>
      }
    >
      {isPending ? <SkeletonRows rows={2} className="px-0" /> : null}
      {error ? <ErrorState className="my-4" error={error} onRetry={() => void refetch()} /> : null}
      {data && invitations.length === 0 ? (
        <EmptyState title="No invitations yet">
          With an invitation's link somebody comes into the project, and gets an account if they have none.
        </EmptyState>
      ) : null}
      {invitations.length > 0 ? (
        <ul aria-label="Invitations" className="divide-y">
          {invitations.map((invitation) => (
            <InvitationRow key={invitation.id} project={project.id} invitation={invitation} />
          ))}
        </ul>
      ) : null}
      {hasNextPage ? (
        <div className="flex justify-center border-t py-3">
          <Button pending={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show older
          </Button>
        </div>
      ) : null}
      {isMaking ? (
        <Suspense fallback={null}>
          <InviteDialog project={project} onClose={() => setMaking(false)} />
        </Suspense>
      ) : null}
    </Card>
  );
}

function InvitationRow({ project, invitation }: { project: ProjectId; invitation: Invitation }) {
  const queries = useQueryClient();
  const now = useNow();
  const { email, project_role, invited_by, created_at, accepted_at, revoked_at } = invitation;
  const guest = email ?? "Whoever has the link";
  return (
    <li data-testid="invitation" className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-1.5 py-2">
      <div className="min-w-0 flex-1 basis-52">
        <p className="flex flex-wrap items-center gap-x-2 text-sm">
          <span className="min-w-0 font-medium break-words">{guest}</span>
          {project_role ? <Badge>{roleWord[project_role]}</Badge> : null}
        </p>
        <p className="text-xs text-ink-faint">
          From {invited_by.name}, <TimeAgo at={created_at} />; {fateWords(invitation, now)}
        </p>
      </div>
      {accepted_at || revoked_at ? null : (
        <RevokeButton
          what={`the invitation for ${email ?? "whoever has the link"}`}
          consequence="Its link is good for nothing at once, and does not come back."
          revoke={() => revokeInvitation(queries, project, invitation)}
        />
      )}
    </li>
  );
}
