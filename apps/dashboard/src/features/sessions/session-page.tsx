"use client";
import type { Session } from "@orchestratia/protocol/sessions";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { AgentMark } from "../../ui/agent-mark.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Page } from "../../ui/page.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { StateDot } from "../../ui/state-dot.tsx";
import { isMissing } from "../hub/hub-client.ts";
import { useLive, useTopic } from "../live/live-provider.tsx";
import { mayWrite, useProject } from "../projects/project-context.tsx";
import { LiveTerminal } from "./live-terminal.tsx";
import { endSession, resumeSession, sessionQuery } from "./session-queries.ts";
import { SessionQuestions } from "./session-questions.tsx";
import { isLive, isResumable, sessionState } from "./session-words.ts";

/** The room between the frame's bars. */
const room = "flex h-[calc(100dvh-3rem-3.5rem)] flex-col sm:h-[calc(100dvh-3rem)]";

function CloseDialog({ session }: { session: Session }) {
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const end = useMutation({
    mutationFn: () => endSession(session.project_id, session.id),
    onSuccess: (closed) => {
      queries.setQueryData(["session", session.id], closed);
      void queries.invalidateQueries({ queryKey: ["sessions"] });
      setOpen(false);
    },
  });
  return (
    <Dialog
      title={`Close ${session.name}?`}
      description={`The program in it is ended.${session.task_key ? ` It works on ${session.task_key} now.` : ""}`}
      trigger={<Button>Close session</Button>}
      open={open}
      onOpenChange={setOpen}
    >
      {end.error ? <ErrorState className="mb-4" error={end.error} /> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={() => setOpen(false)}>Keep it</Button>
        <Button variant="danger" pending={end.isPending} onClick={() => end.mutate()}>
          Close session
        </Button>
      </div>
    </Dialog>
  );
}

/** Another session whose agent goes on with this one's conversation. */
function ResumeButton({ session }: { session: Session }) {
  const router = useRouter();
  const resume = useMutation({
    mutationFn: () => resumeSession(session),
    onSuccess: ({ id }) => router.push(`/sessions/${id}`),
  });
  return (
    <>
      {resume.error ? <ErrorState error={resume.error} /> : null}
      <Button pending={resume.isPending} onClick={() => resume.mutate()}>
        Resume
      </Button>
    </>
  );
}

function SessionHeader({ session, canWrite }: { session: Session; canWrite: boolean }) {
  return (
    <header className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 border-b bg-surface px-4 py-1.5">
      <AgentMark agent={session.agent} />
      <h1 className="min-w-0 truncate font-semibold">{session.name}</h1>
      <span className="hidden truncate text-sm text-ink-faint sm:inline">
        {session.agent} on {session.server_name}
      </span>
      {session.task_key ? (
        <Link
          href={`/tasks/${session.task_key}`}
          className="min-w-0 truncate text-sm text-accent underline underline-offset-2 touch:py-3.5"
        >
          <span className="font-mono text-xs">{session.task_key}</span> {session.task_title}
        </Link>
      ) : null}
      <span className="flex-1" />
      <span data-testid="session-status" data-status={session.status} data-exit-code={session.exit_code ?? ""}>
        <StateDot {...sessionState(session)} />
      </span>
      <SessionQuestions session={session} canAnswer={canWrite} />
      <Button asChild>
        <Link href={`/sessions/${session.id}/recording`}>Recording</Link>
      </Button>
      {canWrite && isLive(session) ? <CloseDialog session={session} /> : null}
      {canWrite && isResumable(session) ? <ResumeButton session={session} /> : null}
    </header>
  );
}

function SessionView({ session }: { session: Session }) {
  const { projects } = useProject();
  const live = useLive();
  const project = projects.find(({ id }) => id === session.project_id);
  const canWrite = project ? mayWrite(project) : false;
  const cutOff = live?.state === "reconnecting";
  return (
    <div className={room}>
      <SessionHeader session={session} canWrite={canWrite} />
      {session.error ? <ErrorState className="m-3" error={session.error} /> : null}
      {cutOff ? (
        <p role="status" className="border-b bg-attention-wash px-4 py-1.5 text-sm">
          The link to the hub is cut. What is typed now goes nowhere; the screen catches up when the link is back.
        </p>
      ) : null}
      {live ? (
        <LiveTerminal
          sessionId={session.id}
          label={`Terminal of ${session.name}`}
          socket={live.socket}
          mayType={canWrite && isLive(session)}
          isLive={isLive(session)}
        />
      ) : (
        <div className="flex-1 bg-terminal" />
      )}
    </div>
  );
}

export function SessionPage({ id }: { id: string }) {
  const { project, projects } = useProject();
  const others = projects.filter((each) => each.id !== project.id);
  const session = useQuery(sessionQuery([project.id, ...others.map((each) => each.id)], id));
  useTopic(session.data && session.data.project_id !== project.id ? `session:${id}` : undefined);

  if (session.data) return <SessionView session={session.data} />;
  if (isMissing(session.error)) {
    return (
      <EmptyState
        wholePage
        title="No such session"
        action={
          <Button asChild>
            <Link href="/sessions">All sessions</Link>
          </Button>
        }
      >
        There is no session at this address that you may see.
      </EmptyState>
    );
  }
  if (session.error) {
    return (
      <Page title="Session">
        <ErrorState error={session.error} onRetry={() => void session.refetch()} />
      </Page>
    );
  }
  return (
    <div className={room}>
      <div role="status" aria-label="Loading" className="flex h-12 items-center gap-3 border-b bg-surface px-4">
        <h1 className="sr-only">Session</h1>
        <Skeleton className="size-5" />
        <Skeleton className="h-4 w-40" />
      </div>
      <div className="flex-1 bg-terminal" />
    </div>
  );
}
