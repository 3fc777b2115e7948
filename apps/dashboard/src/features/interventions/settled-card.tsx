"use client";
import type { Intervention } from "@orchestratia/protocol/interventions";
import { useQuery } from "@tanstack/react-query";
import { whoAsks } from "./answer-form.ts";
import { interventionQuery } from "./intervention-queries.ts";
import { Outcome } from "./outcome.tsx";

/** A question that was open when the page was opened and is not any more: it keeps its place and says why. */
export function SettledCard({ intervention }: { intervention: Intervention }) {
  const { data } = useQuery(interventionQuery(intervention));
  return (
    <article
      aria-label={intervention.question}
      data-testid="settled-intervention"
      data-status={data?.status}
      className="space-y-1 rounded-card border bg-surface p-4"
    >
      <p className="text-xs text-ink-soft">{whoAsks(intervention)}</p>
      <p className="break-words whitespace-pre-wrap text-ink-soft">{intervention.question}</p>
      <div role="status">
        {data && data.status !== "pending" ? (
          <Outcome of={data} />
        ) : (
          <p className="text-sm text-ink-soft">It needs no answer any more.</p>
        )}
      </div>
    </article>
  );
}
