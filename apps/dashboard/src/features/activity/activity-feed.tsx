"use client";
import type { Activity } from "@orchestratia/protocol/activity";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { activityQuery } from "./activity-queries.ts";
import { activitySentence } from "./activity-sentence.ts";

/** An agent goes to and fro between its prompt and its work all the time; the session shows where it is now. */
const isNews = ({ event_type }: Activity) => event_type !== "session.agent_status_changed";

/** Who did it, unless it was the hub itself. */
const actorWords = ({ actor }: Activity) => (actor.type === "system" ? null : actor.name);

const FeedRow = ({ fact, subject }: { fact: Activity; subject: string | undefined }) => {
  const who = actorWords(fact);
  return (
    <li data-event={fact.event_type} className="flex gap-3 px-4 py-2 text-sm">
      <p className="min-w-0 flex-1 break-words">
        {subject ? (
          <Link
            href={`/tasks/${subject}`}
            className="mr-1.5 font-mono text-xs text-accent underline-offset-2 hover:underline touch:-my-3 touch:inline-block touch:py-3.5"
          >
            {subject}
          </Link>
        ) : null}
        {activitySentence(fact)}
        {who ? <span className="text-ink-faint"> · {who}</span> : null}
      </p>
      <TimeAgo at={fact.at} className="shrink-0 text-xs leading-5 text-ink-faint" />
    </li>
  );
};

type FeedProps = {
  project: string;
  /** Only what happened to this task. */
  task?: { id: string };
  /** Task keys by id, where the feed is of more than one task. */
  subjects?: ReadonlyMap<string, string>;
};

/** What happened, newest first. It stands still while it is pointed at or focused. */
export function ActivityFeed({ project, task, subjects }: FeedProps) {
  const feed = useQuery(activityQuery(project, task));
  const [heldAt, setHeldAt] = useState<number | null>(null);
  if (feed.isPending) return <SkeletonRows rows={5} />;
  if (feed.error) return <ErrorState className="m-3" error={feed.error} onRetry={() => void feed.refetch()} />;

  const facts = feed.data.filter(isNews);
  const newest = facts[0]?.position;
  if (newest === undefined) {
    return <EmptyState title="Nothing happened yet">Every change shows here as it is made.</EmptyState>;
  }
  const shown = heldAt === null ? facts : facts.filter(({ position }) => position <= heldAt);
  const fresh = facts.length - shown.length;
  const release = () => setHeldAt(null);
  const hold = () => setHeldAt((held) => held ?? newest);
  return (
    <section
      aria-label="Activity feed"
      className="relative"
      onPointerEnter={hold}
      onPointerLeave={release}
      onFocus={hold}
      onBlur={release}
    >
      {fresh > 0 ? (
        <p className="pointer-events-none absolute inset-x-0 -top-3 text-center">
          <span className="rounded-full border bg-accent-wash px-2.5 py-1 text-xs font-medium text-accent">
            {fresh} new
          </span>
        </p>
      ) : null}
      <ol aria-label="Activity" data-testid="activity" className="divide-y">
        {shown.map((fact) => (
          <FeedRow key={fact.position} fact={fact} subject={fact.task_id ? subjects?.get(fact.task_id) : undefined} />
        ))}
      </ol>
    </section>
  );
}
