import type { Disqualifier } from "@orchestratia/domain/matching";
import type { MatchExplanation } from "@orchestratia/protocol/tasks";
import { Badge } from "../../ui/badge.tsx";
import { capital } from "./task-words.tsx";

export type Candidate = MatchExplanation["servers"][number];

const REASONS: Readonly<Record<Disqualifier, string>> = {
  repo: "Lacks the repository",
  languages: "Lacks a language",
  environments: "Is of another environment",
  unreachable: "Not connected",
  draining: "Draining: takes nothing new",
  usage_limited: "Its agents have reached their usage limits",
  starts_no_sessions: "Its machine's policy.yaml lets no sessions be started",
  no_capacity: "Full",
  tried: "No session could be started there",
  waits_for_preferred: "The task still waits for the server it prefers",
};

const disqualified = (reason: string): string => REASONS[reason as Disqualifier] ?? capital(reason);

/** How one server fits a task: points by criterion, and what keeps the hub from choosing it by itself. */
export function CandidateCard({
  candidate,
  best,
  chosen,
  as: Box = "li",
}: {
  candidate: Candidate;
  best: boolean;
  chosen: boolean;
  as?: "li" | "div";
}) {
  return (
    <Box className="rounded-card border p-3">
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
            <li key={reason}>{disqualified(reason)}</li>
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
    </Box>
  );
}
