"use client";
import { OutputStream } from "@orchestratia/protocol/task-output";
import type { Task } from "@orchestratia/protocol/tasks";
import { useLayoutEffect, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Select } from "../../ui/control.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { OutputPieces } from "./output-pieces.tsx";
import { useTaskOutput } from "./use-task-output.ts";

type Shown = "all" | (typeof OutputStream.options)[number];

const choices: Record<Shown, string> = {
  all: "Everything",
  stdout: "Standard output",
  stderr: "Standard error",
  tail: "End of the terminal",
};

/** Near enough to the end to be read on as it grows. */
const nearEnd = 24;

/** What a task printed: its end first, earlier pieces on demand, new ones as they come. */
export function OutputView({ task }: { task: Task }) {
  const [shown, setShown] = useState<Shown>("all");
  const output = useTaskOutput(task);
  const pane = useRef<HTMLElement>(null);
  const follows = useRef(true);
  const pieces = output.pieces.filter(({ stream }) => shown === "all" || stream === shown);
  const last = pieces.at(-1)?.seq;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a newer last piece is what makes it longer
  useLayoutEffect(() => {
    if (pane.current && follows.current) pane.current.scrollTop = pane.current.scrollHeight;
  }, [last]);

  if (output.isPending) return <SkeletonRows rows={6} />;
  if (output.error && output.pieces.length === 0) {
    return <ErrorState className="m-3" error={output.error} onRetry={() => void output.refetch()} />;
  }
  if (output.pieces.length === 0) {
    return (
      <EmptyState title="Nothing printed yet">
        What the worker sends shows here as it comes; the end of its terminal when the task settles.
      </EmptyState>
    );
  }
  return (
    <div className="space-y-3 p-4">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <Select
          aria-label="What is shown"
          className="w-48"
          value={shown}
          onChange={(event) => setShown(event.target.value as Shown)}
        >
          {(["all", ...OutputStream.options] as const).map((each) => (
            <option key={each} value={each}>
              {choices[each]}
            </option>
          ))}
        </Select>
        {output.hasPreviousPage ? (
          <Button pending={output.isFetchingPreviousPage} onClick={() => void output.fetchPreviousPage()}>
            Show earlier
          </Button>
        ) : null}
      </div>
      {pieces.length === 0 ? (
        <p className="text-sm text-ink-soft">None of this in what is loaded.</p>
      ) : (
        <section
          ref={pane}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must reach it
          tabIndex={0}
          aria-label="Output"
          data-testid="output"
          className="max-h-[32rem] overflow-auto rounded-control border bg-sunken"
          onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
            follows.current = scrollHeight - scrollTop - clientHeight < nearEnd;
          }}
        >
          <OutputPieces pieces={pieces} showEpoch={task.attempt > 1} />
        </section>
      )}
      {output.hasLater ? (
        <Button pending={output.isFetchingNextPage} onClick={() => void output.fetchNextPage()}>
          Show more
        </Button>
      ) : null}
      {output.error ? <ErrorState error={output.error} /> : null}
    </div>
  );
}
