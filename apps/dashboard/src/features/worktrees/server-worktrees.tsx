"use client";
import type { Server } from "@orchestratia/protocol/servers";
import type { TaskSummary } from "@orchestratia/protocol/tasks";
import { useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { counted } from "../../ui/counted.ts";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { CleanButton } from "./clean-button.tsx";
import { DiscardButton } from "./discard-button.tsx";
import { worktreesQuery } from "./worktree-queries.ts";
import { WorktreeRow } from "./worktree-row.tsx";
import { isCleanable } from "./worktree-words.ts";

type ServerWorktreesProps = {
  server: Server;
  tasks: ReadonlyMap<string, TaskSummary>;
  canWrite: boolean;
};

/** The checkouts on one server, as its daemon finds them when it is asked. */
export function ServerWorktrees({ server, tasks, canWrite }: ServerWorktreesProps) {
  const place = { project: server.project_id, server: server.id };
  const { data, error, isFetching, refetch } = useQuery({ ...worktreesQuery(place), enabled: server.reachable });
  const worktrees = data?.worktrees ?? [];
  const cleanable = worktrees.filter((each) => isCleanable(each, tasks.get(each.task_id)?.status));
  return (
    <Card
      title={server.name}
      bodyClassName="p-0"
      data-testid="server-worktrees"
      data-name={server.name}
      action={
        server.reachable ? (
          <span className="flex flex-wrap items-center justify-end gap-2">
            {data ? (
              <span className="text-xs text-ink-faint">
                {counted(worktrees.length, "checkout")} · <TimeAgo at={data.asked_at} />
              </span>
            ) : null}
            {canWrite ? <CleanButton place={place} serverName={server.name} cleanable={cleanable} /> : null}
            <Button
              size="icon"
              aria-label={`Look again on ${server.name}`}
              pending={isFetching}
              onClick={() => void refetch()}
            >
              <RefreshCw aria-hidden />
            </Button>
          </span>
        ) : null
      }
    >
      {error && server.reachable ? <ErrorState className="m-3" error={error} onRetry={() => void refetch()} /> : null}
      {!server.reachable ? (
        <p className="px-4 py-3 text-sm text-ink-soft">
          Not connected: its checkouts are shown when its daemon is back, and nothing of them is lost.
        </p>
      ) : data ? (
        worktrees.length === 0 ? (
          <p className="px-4 py-3 text-sm text-ink-soft">No task has a checkout here.</p>
        ) : (
          <ul aria-label={`Checkouts on ${server.name}`}>
            {worktrees.map((worktree) => {
              const task = tasks.get(worktree.task_id);
              return (
                <WorktreeRow
                  key={worktree.task_id}
                  worktree={worktree}
                  task={task}
                  action={
                    canWrite ? (
                      <DiscardButton
                        place={place}
                        worktree={worktree}
                        isNameable={task?.assigned_server_id === server.id}
                      />
                    ) : null
                  }
                />
              );
            })}
          </ul>
        )
      ) : error ? null : (
        <SkeletonRows rows={3} />
      )}
    </Card>
  );
}
