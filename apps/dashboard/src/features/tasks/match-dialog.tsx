"use client";
import type { MatchExplanation, Task } from "@orchestratia/protocol/tasks";
import { useQuery } from "@tanstack/react-query";
import { Badge } from "../../ui/badge.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { matchQuery } from "./task-queries.ts";
import { capital } from "./task-words.tsx";

type Candidate = MatchExplanation["servers"][number];

const byScore = (a: Candidate, b: Candidate) => Number(b.eligible) - Number(a.eligible) || b.score - a.score;

function CandidateCard({ candidate, best, chosen }: { candidate: Candidate; best: boolean; chosen: boolean }) {
  return (
    <li className="rounded-card border p-3">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium">{candidate.server_name}</span>
        {chosen ? <Badge>Has this task</Badge> : null}
        {best ? <Badge>Best match now</Badge> : null}
        {candidate.eligible ? null : <Badge>Not eligible</Badge>}
        <span className="ml-auto text-sm text-ink-soft">
          {candidate.score} points · {candidate.active_tasks} of {candidate.max_concurrent} tasks
        </span>
      </div>
      {candidate.disqualifiers.length > 0 ? (
        <ul className="mt-1.5 text-sm text-red">
          {candidate.disqualifiers.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      ) : null}
      {candidate.criteria.length > 0 ? (
        <table className="mt-2 w-full text-left text-sm">
          <thead className="text-xs text-ink-faint">
            <tr>
              <th className="py-1 font-normal">Criterion</th>
              <th className="py-1 font-normal">Has</th>
              <th className="py-1 font-normal">Lacks</th>
              <th className="py-1 text-right font-normal">Points</th>
            </tr>
          </thead>
          <tbody>
            {candidate.criteria.map(({ name, matched, missing, points }) => (
              <tr key={name} className="border-t">
                <td className="py-1 pr-3">{capital(name)}</td>
                <td className="py-1 pr-3 text-ink-soft">{matched.join(", ")}</td>
                <td className="py-1 pr-3 text-ink-soft">{missing.join(", ")}</td>
                <td className="py-1 text-right">{points > 0 ? `+${points}` : points}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </li>
  );
}

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
