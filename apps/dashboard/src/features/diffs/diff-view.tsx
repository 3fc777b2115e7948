"use client";
import { RefusedError } from "@orchestratia/client/http";
import type { TaskDiff } from "@orchestratia/protocol/operations/workspaces";
import type { Task } from "@orchestratia/protocol/tasks";
import { useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { counted } from "../../ui/counted.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { CommitList } from "./commit-list.tsx";
import { DiffFileView, LineCounts } from "./diff-file-view.tsx";
import { diffQuery } from "./diff-queries.ts";
import { uncommittedWords } from "./diff-words.ts";
import { openAtFirst, toggled } from "./open-files.ts";

const sources: Record<TaskDiff["source"], string> = {
  checkout: "As its checkout was",
  completion: "Kept when it was completed,",
};

/** Files, hunks and commits of a diff that is there. */
function Files({ diff }: { diff: TaskDiff }) {
  const { files, files_total } = diff;
  const [chosen, setOpen] = useState<ReadonlySet<string>>();
  const open = chosen ?? openAtFirst(files);
  if (files_total === 0 && diff.commits_total === 0) {
    return <EmptyState title="Nothing has changed yet">What the task changes in its checkout shows here.</EmptyState>;
  }
  const isAllOpen = files.every(({ path }) => open.has(path));
  return (
    <>
      {files.length > 1 ? (
        <div className="flex justify-end border-b px-3 py-1.5">
          <Button onClick={() => setOpen(new Set(isAllOpen ? [] : files.map(({ path }) => path)))}>
            {isAllOpen ? "Close all" : "Open all"}
          </Button>
        </div>
      ) : null}
      <ul aria-label="Changed files">
        {files.map((file) => (
          <DiffFileView
            key={file.path}
            file={file}
            isOpen={open.has(file.path)}
            onToggle={() => setOpen(toggled(open, file.path))}
          />
        ))}
      </ul>
      {files.length < files_total ? (
        <p className="border-t px-4 py-2 text-sm text-ink-soft">
          {counted(files_total - files.length, "more file")} changed; the first {files.length.toLocaleString("en")} are
          shown. The branch has them all.
        </p>
      ) : null}
      <CommitList commits={diff.commits} commits_total={diff.commits_total} />
    </>
  );
}

/** It has no checkout of its own, or none any more: nothing is wrong. */
const isNothingToRead = (error: unknown): boolean =>
  error instanceof RefusedError &&
  (error.code === "diff_not_found" || error.code === "workspace_refused" || error.code === "daemon_lacks");

/** What a task has changed, in files, lines and commits. */
export function DiffView({ task }: { task: Task }) {
  const { data: diff, error, isFetching, refetch } = useQuery(diffQuery(task));
  const again = () => void refetch();
  if (!diff && error) {
    return isNothingToRead(error) ? (
      <EmptyState title="There are no changes to read" action={<Button onClick={again}>Try again</Button>}>
        {error.message}
      </EmptyState>
    ) : (
      <ErrorState className="m-3" error={error} onRetry={again} />
    );
  }
  if (!diff) return <SkeletonRows rows={5} />;
  return (
    <div data-testid="diff" data-source={diff.source}>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-4 py-2 text-sm">
        <span className="font-medium">{counted(diff.files_total, "file")} changed</span>
        <LineCounts additions={diff.additions} deletions={diff.deletions} />
        {diff.branch ? <code className="font-mono text-xs break-all text-ink-soft">{diff.branch}</code> : null}
        <span className="text-ink-soft">{uncommittedWords(diff)}</span>
        <span className="ml-auto inline-flex items-center gap-3 text-xs text-ink-faint">
          <span>
            {sources[diff.source]} <TimeAgo at={diff.taken_at} />
          </span>
          {diff.source === "checkout" ? (
            <Button pending={isFetching} onClick={again}>
              <RefreshCw aria-hidden />
              Read again
            </Button>
          ) : null}
        </span>
      </div>
      {error ? <ErrorState className="m-3" error={error} onRetry={again} /> : null}
      <Files diff={diff} />
    </div>
  );
}
