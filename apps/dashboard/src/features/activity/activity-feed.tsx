"use client";
import type { Activity } from "@orchestratia/protocol/activity";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { activityQuery } from "./activity-queries.ts";
import { activitySentence } from "./activity-sentence.ts";

/** Who did it, unless it was the hub itself. */
const actorWords = ({ actor }: Activity) => (actor.type === "system" ? null : actor.name);

/** What happened, newest first. `subjects` names tasks by id where the feed is of more than one. */
export function ActivityFeed({
  project,
  task,
  subjects,
}: {
  project: string;
  task?: { id: string };
  subjects?: ReadonlyMap<string, string>;
}) {
  const feed = useQuery(activityQuery(project, task));
  if (feed.isPending) return <SkeletonRows rows={5} />;
  if (feed.error) return <ErrorState className="m-3" error={feed.error} onRetry={() => void feed.refetch()} />;
  if (feed.data.length === 0) {
    return <EmptyState title="Nothing happened yet">Every change shows here as it is made.</EmptyState>;
  }
  return (
    <ol aria-label="Activity" data-testid="activity" className="divide-y">
      {feed.data.map((fact) => {
        const key = fact.task_id ? (subjects?.get(fact.task_id) ?? null) : null;
        const who = actorWords(fact);
        return (
          <li key={fact.position} data-event={fact.event_type} className="flex gap-3 px-4 py-2 text-sm">
            <p className="min-w-0 flex-1 break-words">
              {key ? (
                <Link
                  href={`/tasks/${key}`}
                  className="mr-1.5 font-mono text-xs text-accent underline-offset-2 hover:underline touch:-my-3 touch:inline-block touch:py-3.5"
                >
                  {key}
                </Link>
              ) : null}
              {activitySentence(fact)}
              {who ? <span className="text-ink-faint"> · {who}</span> : null}
            </p>
            <TimeAgo at={fact.at} className="shrink-0 text-xs leading-5 text-ink-faint" />
          </li>
        );
      })}
    </ol>
  );
}
