"use client";
import type { Intervention } from "@orchestratia/protocol/interventions";
import type { Task } from "@orchestratia/protocol/tasks";
import { useQuery } from "@tanstack/react-query";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { whoAsks } from "./answer-form.ts";
import { taskInterventionsQuery } from "./intervention-queries.ts";
import { Outcome } from "./outcome.tsx";

const SettledQuestion = ({ it }: { it: Intervention }) => (
  <li data-status={it.status} className="space-y-1 px-4 py-3 text-sm">
    <p className="flex flex-wrap gap-x-3 text-xs text-ink-soft">
      <span>{whoAsks(it)}</span>
      <TimeAgo at={it.created_at} />
    </p>
    <p className="break-words whitespace-pre-wrap">{it.question}</p>
    <Outcome of={it} />
  </li>
);

/** What was asked about a task before, newest first, with what became of it. */
export function SettledList({ task }: { task: Task }) {
  const asked = useQuery(taskInterventionsQuery(task));
  if (asked.isPending) return <SkeletonRows rows={3} />;
  if (asked.error) return <ErrorState className="m-3" error={asked.error} onRetry={() => void asked.refetch()} />;
  const settled = asked.data.interventions.filter(({ status }) => status !== "pending");
  if (settled.length === 0) {
    return <EmptyState title="No earlier questions">What was answered, expired or withdrawn shows here.</EmptyState>;
  }
  return (
    <>
      <ul aria-label="Earlier questions" className="divide-y">
        {settled.map((it) => (
          <SettledQuestion key={it.id} it={it} />
        ))}
      </ul>
      {asked.data.next ? (
        <p className="border-t px-4 py-2 text-xs text-ink-faint">The newest {settled.length} are shown.</p>
      ) : null}
    </>
  );
}
