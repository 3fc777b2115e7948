"use client";
import { useQuery } from "@tanstack/react-query";
import { meQuery } from "../account/account-queries.ts";
import { maySettle } from "../members/member-words.ts";
import { useProject } from "../projects/project-context.tsx";
import { serversQuery } from "../servers/server-queries.ts";
import { sessionsQuery } from "../sessions/session-queries.ts";
import { DecisionsCard } from "./decisions-card.tsx";
import { rulesQuery } from "./rule-queries.ts";
import { RulesCard } from "./rules-card.tsx";
import { TryCard } from "./try-card.tsx";

/** What agents may do with their tools in the chosen project, and what was decided so far. */
export function RulesPage() {
  const { project } = useProject();
  const me = useQuery(meQuery);
  const { data: servers = [] } = useQuery(serversQuery(project.id));
  const { data: rules } = useQuery(rulesQuery(project.id));
  const { data: sessions = [] } = useQuery(sessionsQuery(project.id));
  return (
    <div key={project.id} className="space-y-5">
      <RulesCard project={project} servers={servers} settles={maySettle(project, me.data?.user.role)} />
      {rules ? <TryCard rules={rules} servers={servers} /> : null}
      <DecisionsCard project={project.id} rules={rules ?? []} sessions={sessions} />
    </div>
  );
}
