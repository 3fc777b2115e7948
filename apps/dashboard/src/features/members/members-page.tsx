"use client";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Skeleton } from "../../ui/skeleton.tsx";
import { meQuery } from "../account/account-queries.ts";
import { useProject } from "../projects/project-context.tsx";
import { maySettle } from "./member-words.ts";
import { MembersCard } from "./members-card.tsx";

const InvitationsCard = lazy(() => import("./invitations-card.tsx").then((it) => ({ default: it.InvitationsCard })));

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
          <InvitationsCard project={project} />
        </Suspense>
      ) : null}
    </div>
  );
}
