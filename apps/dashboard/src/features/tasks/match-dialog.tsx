"use client";
import type { Task } from "@orchestratia/protocol/tasks";
import { useQuery } from "@tanstack/react-query";
import { Dialog } from "../../ui/dialog.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { type Candidate, CandidateCard } from "./candidate-card.tsx";
import { matchQuery } from "./task-queries.ts";

const byScore = (a: Candidate, b: Candidate) => Number(b.eligible) - Number(a.eligible) || b.score - a.score;

function Match({ task }: { task: Task }) {
  const match = useQuery(matchQuery(task.project_id, task.id));
  if (match.isPending) return <SkeletonRows rows={3} />;
  if (match.error) return <ErrorState error={match.error} onRetry={() => void match.refetch()} />;
  if (match.data.servers.length === 0) {
    return <EmptyState title="This project has no servers">Register one, and it is weighed here.</EmptyState>;
  }
  return (
    <ul aria-label="Servers by score" className="space-y-2">
      {match.data.servers.toSorted(byScore).map((candidate) => (
        <CandidateCard
          key={candidate.server_id}
          candidate={candidate}
          best={candidate.server_id === match.data.best_server_id}
          chosen={candidate.server_id === task.assigned_server_id}
        />
      ))}
    </ul>
  );
}

/** Every server, every criterion, every point. */
export const MatchDialog = ({ task }: { task: Task }) => (
  <Dialog
    wide
    title={task.assigned_server_id ? "Why this server" : "Where it would go"}
    description="How each server of the project fits this task's requirements now."
    trigger={
      <button type="button" className="rounded-control text-accent underline underline-offset-2 touch:min-h-11">
        {task.assigned_server_id ? "Why this server" : "Where it would go"}
      </button>
    }
  >
    <Match task={task} />
  </Dialog>
);
