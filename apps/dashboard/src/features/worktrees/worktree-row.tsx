import type { TaskSummary } from "@orchestratia/protocol/tasks";
import type { Worktree } from "@orchestratia/protocol/workspace";
import Link from "next/link";
import type { ReactNode } from "react";
import { Badge } from "../../ui/badge.tsx";
import { StateDot } from "../../ui/state-dot.tsx";
import { StatusMark } from "../../ui/status-mark.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { worktreeState } from "./worktree-words.ts";

/** A checkout: whose it is, its branch, how it stands, how old it is. */
export const WorktreeRow = ({
  worktree,
  task,
  action,
}: {
  worktree: Worktree;
  task: TaskSummary | undefined;
  action: ReactNode;
}) => {
  const { task_key, repo, branch, base_branch, path, behind, created_at, setup } = worktree;
  return (
    <li
      className="flex flex-wrap items-center gap-x-4 gap-y-1.5 border-b px-4 py-2 last:border-b-0 md:grid md:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_minmax(0,13rem)_5rem_5.5rem]"
      data-testid="worktree"
      data-task={task_key}
    >
      <div className="min-w-0 basis-full">
        <Link
          href={`/tasks/${task_key}`}
          className="block truncate rounded-control text-sm font-medium underline-offset-2 hover:underline touch:py-3"
        >
          <span className="mr-1.5 font-mono text-xs font-normal text-ink-faint">{task_key}</span>
          {task?.title ?? "Task"}
        </Link>
        {task ? <StatusMark status={task.status} /> : null}
      </div>
      <div className="min-w-0 basis-full text-xs text-ink-soft">
        <p className="font-mono break-all" title={path}>
          {branch}
        </p>
        <p className="break-words">
          {repo}
          {base_branch ? `, from ${base_branch}` : ""}
          {behind > 0 ? `, ${behind.toLocaleString("en")} behind` : ""}
        </p>
      </div>
      <div className="min-w-0 space-y-1">
        <StateDot {...worktreeState(worktree)} className="whitespace-normal" />
        {setup.state === "failed" ? <Badge>Setup failed</Badge> : null}
      </div>
      <TimeAgo at={created_at} className="text-xs text-ink-faint" />
      <div className="ml-auto">{action}</div>
    </li>
  );
};
