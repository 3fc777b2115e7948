"use client";
import type { Session } from "@orchestratia/protocol/sessions";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import Link from "next/link";
import { AgentMark } from "../../ui/agent-mark.tsx";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { FreshRows } from "../../ui/fresh-rows.tsx";
import { useHeldList } from "../../ui/held-list.ts";
import { Page } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { StateDot } from "../../ui/state-dot.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { mayWrite, useProject } from "../projects/project-context.tsx";
import { sessionsQuery } from "./session-queries.ts";
import { sessionState } from "./session-words.ts";
import { StartSessionDialog } from "./start-session-dialog.tsx";

const SessionRow = ({ session }: { session: Session }) => (
  <li className="border-b last:border-b-0 hover:bg-hover" data-testid="session-row" data-name={session.name}>
    <Link
      href={`/sessions/${session.id}`}
      className="grid min-h-11 grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-3 px-4 py-2 -outline-offset-2 md:grid-cols-[auto_minmax(0,14rem)_minmax(0,1fr)_12rem_5.5rem] md:py-1"
    >
      <AgentMark agent={session.agent} />
      <span className="min-w-0">
        <span className="block truncate text-sm font-medium">{session.name}</span>
        <span className="block truncate text-xs text-ink-faint">
          {session.agent} on {session.server_name}
        </span>
      </span>
      <span className="hidden min-w-0 truncate text-sm text-ink-soft md:block">
        {session.task_key ? (
          <>
            <span className="font-mono text-xs text-ink-faint">{session.task_key}</span> {session.task_title}
          </>
        ) : null}
      </span>
      <StateDot {...sessionState(session)} />
      <TimeAgo at={session.created_at} className="hidden text-right text-xs text-ink-faint md:block" />
    </Link>
  </li>
);

export function SessionListPage() {
  const { project } = useProject();
  const sessions = useQuery(sessionsQuery(project.id));
  const list = useHeldList(sessions.data, { scope: project.id });
  const start = mayWrite(project) ? (
    <StartSessionDialog
      trigger={
        <Button variant="primary">
          <Plus aria-hidden />
          Start session
        </Button>
      }
    />
  ) : null;

  return (
    <Page
      title="Sessions"
      actions={
        <>
          <Button asChild>
            <Link href="/sessions/recordings">Recordings</Link>
          </Button>
          {start}
        </>
      }
    >
      <div className="overflow-hidden rounded-card border bg-surface">
        <FreshRows count={list.fresh} onShow={list.showFresh} />
        {sessions.isPending ? <SkeletonRows rows={4} /> : null}
        {sessions.error ? (
          <ErrorState className="m-3" error={sessions.error} onRetry={() => void sessions.refetch()} />
        ) : null}
        {sessions.data?.length === 0 ? (
          <EmptyState title="No sessions yet">
            A session is a terminal on one of your servers, with an agent or a shell in it. The hub starts one when a
            task needs it.
          </EmptyState>
        ) : null}
        {list.rows.length > 0 ? (
          <ul aria-label="Sessions">
            {list.rows.map((session) => (
              <SessionRow key={session.id} session={session} />
            ))}
          </ul>
        ) : null}
      </div>
    </Page>
  );
}
