"use client";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Skeleton } from "../../ui/skeleton.tsx";
import { meQuery } from "../account/account-queries.ts";
import { useProject } from "../projects/project-context.tsx";
import { maySettle, roleWord } from "./member-words.ts";
import { MembersCard } from "./members-card.tsx";

const InvitationsCard = lazy(() =>
  import("../invitations/invitations-card.tsx").then((it) => ({ default: it.InvitationsCard })),
);
const InviteToProject = lazy(() => import("./invite-to-project.tsx").then((it) => ({ default: it.InviteToProject })));

/** Who is in the chosen project, and who is asked to come. */
export function MembersPage() {
  const { project } = useProject();
  const me = useQuery(meQuery);
  const settles = maySettle(project, me.data?.user.role);
  return (
    <div key={project.id} className="space-y-5">
      <MembersCard project={project} me={me.data?.user.id} settles={settles} />
      {settles ? (
        <Suspense fallback={<Skeleton className="h-40 rounded-card" />}>
          <InvitationsCard
            project={project.id}
            offers={({ project_role }) => (project_role ? [roleWord[project_role]] : [])}
            dialog={(onClose) => <InviteToProject project={project} onClose={onClose} />}
          >
            With an invitation's link somebody comes into the project, and gets an account if they have none.
          </InvitationsCard>
        </Suspense>
      ) : null}
    </div>
  );
}
