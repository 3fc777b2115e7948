"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import Link from "next/link";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Page } from "../../ui/page.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { mayWrite, useProject } from "../projects/project-context.tsx";
import { sessionsQuery } from "../sessions/session-queries.ts";
import { isLive } from "../sessions/session-words.ts";
import { RegisterServerDialog } from "./register-server-dialog.tsx";
import { RegistrationTokensButton } from "./registration-tokens-button.tsx";
import { ServerCard } from "./server-card.tsx";
import { serversQuery } from "./server-queries.ts";

const grid = "grid gap-4 md:grid-cols-2 xl:grid-cols-3";

export function ServersPage() {
  const { project } = useProject();
  const servers = useQuery(serversQuery(project.id));
  const sessions = useQuery(sessionsQuery(project.id));
  const canWrite = mayWrite(project);
  const register = canWrite ? (
    <RegisterServerDialog
      trigger={
        <Button variant="primary">
          <Plus aria-hidden />
          Register server
        </Button>
      }
    />
  ) : null;
  const none = servers.data?.length === 0;

  return (
    <Page
      title="Servers"
      actions={
        <>
          {none ? null : (
            <Button asChild>
              <Link href="/servers/worktrees">Worktrees</Link>
            </Button>
          )}
          {canWrite ? <RegistrationTokensButton /> : null}
          {none ? null : register}
        </>
      }
    >
      {servers.isPending ? (
        <div role="status" aria-label="Loading" className={grid}>
          <Skeleton className="h-64 rounded-card" />
          <Skeleton className="h-64 rounded-card" />
        </div>
      ) : null}
      {servers.error ? <ErrorState error={servers.error} onRetry={() => void servers.refetch()} /> : null}
      {none ? (
        <div className="rounded-card border bg-surface">
          <EmptyState title="No servers yet" action={register}>
            A server is a machine on which agents work in terminals. Register one and its load, agents and sessions show
            here.
          </EmptyState>
        </div>
      ) : null}
      <ul aria-label="Servers" className={grid}>
        {servers.data?.map((server) => (
          <ServerCard
            key={server.id}
            server={server}
            canWrite={canWrite}
            sessions={(sessions.data ?? []).filter((session) => session.server_id === server.id && isLive(session))}
          />
        ))}
      </ul>
    </Page>
  );
}
