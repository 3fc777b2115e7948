"use client";
import type { Task } from "@orchestratia/protocol/tasks";
import { useQuery } from "@tanstack/react-query";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { OutputPieces } from "../output/output-pieces.tsx";
import { evidenceOutputQuery } from "./evidence-queries.ts";

/** What a verify command printed, as it came. */
export function EvidenceOutput({
  task,
  label,
  pieces,
}: {
  task: Task;
  label: string;
  pieces: { first: number; last: number };
}) {
  const output = useQuery(evidenceOutputQuery(task, pieces));
  if (output.error) return <ErrorState error={output.error} onRetry={() => void output.refetch()} />;
  if (output.isPending) return <SkeletonRows rows={2} />;
  if (output.data.length === 0) return <p className="text-sm text-ink-soft">This output is not kept any more.</p>;
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must reach it
      tabIndex={0}
      aria-label={label}
      className="max-h-96 overflow-auto rounded-control border bg-sunken"
    >
      <OutputPieces pieces={output.data} showEpoch={false} />
    </section>
  );
}
