"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Page } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { mayWrite, useProject } from "../projects/project-context.tsx";
import { serversQuery } from "../servers/server-queries.ts";
import { tasksQuery } from "../tasks/task-queries.ts";
import { ServerWorktrees } from "./server-worktrees.tsx";

const box = "rounded-card border bg-surface";

/** The checkouts that tasks have on the project's servers: what is in them, and what can go. */
export function WorktreesPage() {
  const { project } = useProject();
  const servers = useQuery(serversQuery(project.id));
  const tasks = useQuery(tasksQuery(project.id));
  const byId = new Map(tasks.data?.map((task) => [task.id as string, task]));
  return (
    <Page
      title="Worktrees"
      lead="Each task's own checkout. What is not merged stays until it is discarded here."
      actions={
        <Button asChild>
          <Link href="/servers">Servers</Link>
        </Button>
      }
    >
      {servers.error ? <ErrorState error={servers.error} onRetry={() => void servers.refetch()} /> : null}
      {servers.isPending ? (
        <div className={box}>
          <SkeletonRows rows={4} />
        </div>
      ) : null}
      {servers.data?.length === 0 ? (
        <div className={box}>
          <EmptyState title="No servers yet">
            With the project's setting worktree_per_task on, each task works in a git worktree of its own on its server.
            They show here.
          </EmptyState>
        </div>
      ) : null}
      <div className="space-y-4">
        {servers.data?.map((server) => (
          <ServerWorktrees key={server.id} server={server} tasks={byId} canWrite={mayWrite(project)} />
        ))}
      </div>
    </Page>
  );
}
