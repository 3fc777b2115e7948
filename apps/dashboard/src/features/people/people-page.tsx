"use client";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Skeleton, SkeletonRows } from "../../ui/skeleton.tsx";
import { meQuery } from "../account/account-queries.ts";
import { roleWord } from "../members/member-words.ts";
import { AccountsCard } from "./accounts-card.tsx";
import { hubRoleWord } from "./people-words.ts";

const InvitationsCard = lazy(() =>
  import("../invitations/invitations-card.tsx").then((it) => ({ default: it.InvitationsCard })),
);
const InviteToHub = lazy(() => import("./invite-to-hub.tsx").then((it) => ({ default: it.InviteToHub })));

/** Who has an account on this hub, and who is asked to come; for admins. */
export function PeoplePage() {
  const me = useQuery(meQuery);
  if (me.isPending) return <SkeletonRows rows={3} />;
  if (me.data?.user.role !== "admin") {
    return <EmptyState title="Only admins settle this">Ask an admin of this hub to let somebody in.</EmptyState>;
  }
  return (
    <div className="space-y-5">
      <AccountsCard me={me.data.user.id} />
      <Suspense fallback={<Skeleton className="h-40 rounded-card" />}>
        <InvitationsCard
          project={null}
          offers={({ role, project, project_role }) => [
            ...(role === "admin" || !project ? [hubRoleWord[role]] : []),
            ...(project && project_role ? [`${roleWord[project_role]} in ${project.name}`] : []),
          ]}
          dialog={(onClose) => <InviteToHub onClose={onClose} />}
        >
          With an invitation's link somebody makes their account, and comes into a project if you like.
        </InvitationsCard>
      </Suspense>
    </div>
  );
}
