"use client";
import Link from "next/link";
import { Button } from "../../ui/button.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { EntryCard } from "./entry-card.tsx";
import { isDeadLink } from "./link-queries.ts";

/** A link that opens nothing (any more), and who can make another. */
export const DeadLink = ({ title, ask }: { title: string; ask: string }) => (
  <EntryCard title={title} lead={`It was used, withdrawn or is too old, or part of it is missing. ${ask}`}>
    <Button asChild size="large" className="w-full">
      <Link href="/login">Go to the sign-in</Link>
    </Button>
  </EntryCard>
);

export const LinkPending = () => (
  <EntryCard title="Opening the link…" lead="One moment.">
    <div role="status" aria-label="Loading" className="space-y-4">
      <Skeleton className="h-8" />
      <Skeleton className="h-8" />
      <Skeleton className="h-10" />
    </div>
  </EntryCard>
);

/** The hub could not say what the link is for, or said that it is for nothing. */
export const LinkFault = ({
  error,
  onRetry,
  ...dead
}: {
  error: unknown;
  onRetry: () => void;
  title: string;
  ask: string;
}) =>
  isDeadLink(error) ? (
    <DeadLink {...dead} />
  ) : (
    <EntryCard title="The link cannot be opened now" lead="It may well be good. Try again in a moment.">
      <ErrorState error={error} onRetry={onRetry} />
    </EntryCard>
  );
