"use client";
import type { Invitation } from "@orchestratia/protocol/invitations";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, Suspense, useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { TimeAgo, useNow } from "../../ui/time-ago.tsx";
import { RevokeButton } from "../servers/revoke-button.tsx";
import { type InvitedTo, invitationsQuery, revokeInvitation } from "./invitation-queries.ts";
import { fateWords } from "./invitation-words.ts";

type InvitationsCardProps = {
  project: InvitedTo;
  /** What its links are good for, while there are none. */
  children: ReactNode;
  /** What an invitation makes of whoever takes it. */
  offers: (invitation: Invitation) => string[];
  /** Makes another one. */
  dialog: (onClose: () => void) => ReactNode;
};

/** The links that were made, and what has become of each. */
export function InvitationsCard({ project, children, offers, dialog }: InvitationsCardProps) {
  const { data, isPending, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    invitationsQuery(project),
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
      {data && invitations.length === 0 ? <EmptyState title="No invitations yet">{children}</EmptyState> : null}
      {invitations.length > 0 ? (
        <ul aria-label="Invitations" className="divide-y">
          {invitations.map((invitation) => (
            <InvitationRow key={invitation.id} project={project} invitation={invitation} offers={offers(invitation)} />
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
      {isMaking ? <Suspense fallback={null}>{dialog(() => setMaking(false))}</Suspense> : null}
    </Card>
  );
}

type InvitationRowProps = { project: InvitedTo; invitation: Invitation; offers: string[] };

function InvitationRow({ project, invitation, offers }: InvitationRowProps) {
  const queries = useQueryClient();
  const now = useNow();
  const { email, invited_by, created_at, accepted_at, revoked_at } = invitation;
  const guest = email ?? "Whoever has the link";
  return (
    <li data-testid="invitation" className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-1.5 py-2">
      <div className="min-w-0 flex-1 basis-52">
        <p className="flex flex-wrap items-center gap-x-2 text-sm">
          <span className="min-w-0 font-medium break-words">{guest}</span>
          {offers.map((offer) => (
            <Badge key={offer}>{offer}</Badge>
          ))}
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
