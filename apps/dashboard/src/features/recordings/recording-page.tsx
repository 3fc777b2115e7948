"use client";
import type { Session } from "@orchestratia/protocol/sessions";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { AgentMark } from "../../ui/agent-mark.tsx";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Page } from "../../ui/page.tsx";
import { isMissing } from "../hub/hub-client.ts";
import { useProject } from "../projects/project-context.tsx";
import { sessionQuery } from "../sessions/session-queries.ts";
import { isLive } from "../sessions/session-words.ts";
import { RecordingPlayer, type RecordingStart } from "./recording-player.tsx";
import { recordingQuery } from "./recording-queries.ts";

const dateForm = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function RecordingView({ session, start }: { session: Session; start: RecordingStart }) {
  const recording = useQuery(recordingQuery(session.project_id, session.id, isLive(session)));
  return (
    <div className="flex h-[calc(100dvh-3rem-3.5rem)] flex-col sm:h-[calc(100dvh-3rem)]">
      <header className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 border-b bg-surface px-4 py-1.5">
        <AgentMark agent={session.agent} />
        <h1 className="min-w-0 truncate font-semibold">Recording of {session.name}</h1>
        {recording.data ? (
          <span className="hidden truncate text-sm text-ink-faint sm:inline">
            {dateForm.format(new Date(recording.data.started_at))}
          </span>
        ) : null}
        <span className="flex-1" />
        <Button asChild>
          <Link href={`/sessions/${session.id}`}>Terminal</Link>
        </Button>
      </header>
      {recording.data ? (
        <RecordingPlayer project={session.project_id} recording={recording.data} start={start} />
      ) : isMissing(recording.error) ? (
        <EmptyState wholePage title="Nothing is recorded">
          What this session prints appears here some 30 seconds later, and stays for as long as the project keeps
          recordings.
        </EmptyState>
      ) : recording.error ? (
        <ErrorState className="m-3" error={recording.error} onRetry={() => void recording.refetch()} />
      ) : (
        <div role="status" aria-label="Loading" className="flex-1 bg-terminal" />
      )}
    </div>
  );
}

/** A session's recording: replay, search, download. */
export function RecordingPage({ id, start }: { id: string; start: RecordingStart }) {
  const { project, projects } = useProject();
  const others = projects.filter((each) => each.id !== project.id);
  const session = useQuery(sessionQuery([project.id, ...others.map((each) => each.id)], id));
  if (session.data) return <RecordingView session={session.data} start={start} />;
  return (
    <Page title="Recording">
      {session.error ? <ErrorState error={session.error} onRetry={() => void session.refetch()} /> : null}
    </Page>
  );
}
