"use client";
import type { Task } from "@orchestratia/protocol/tasks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Play, SquareTerminal } from "lucide-react";
import Link from "next/link";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { StatusMark } from "../../ui/status-mark.tsx";
import { useTopic } from "../live/live-provider.tsx";
import { useProject } from "../projects/project-context.tsx";
import { WaitingWords } from "../tasks/task-words.tsx";
import { demoQuery, startDemo } from "./demo-queries.ts";

const settled = (task: Task) => task.status === "done" || task.status === "failed" || task.status === "cancelled";

const words = {
  ready:
    "Three tasks on a small git repository. Each hands its result to the next; a scripted agent works through real terminals.",
  running: "Running. Open a terminal to watch the agent work.",
  done: "All three are done, and each result was checked against its contract.",
  stopped: "The run did not get to its end. Open the task that stopped to see why.",
};

const DemoTask = ({ task, place }: { task: Task; place: number }) => (
  <li
    data-testid="demo-task"
    data-key={task.key}
    data-status={task.status}
    className="flex min-h-14 items-center gap-3 px-4 py-1.5"
  >
    <span aria-hidden className="w-4 text-right text-xs text-ink-faint">
      {place}
    </span>
    <StatusMark status={task.status} className="w-32 max-sm:w-auto max-sm:[&>span]:sr-only" />
    <Link href={`/tasks/${task.key}`} className="group flex h-11 min-w-0 flex-1 flex-col justify-center">
      <span className="truncate text-sm font-medium group-hover:underline">
        <span className="mr-2 font-mono text-xs font-normal text-ink-faint">{task.key}</span>
        {task.title}
      </span>
      {settled(task) ? null : <WaitingWords task={task} className="text-xs" />}
    </Link>
    {task.assigned_session_id ? (
      <Button asChild variant="ghost">
        <Link href={`/sessions/${task.assigned_session_id}`} aria-label={`Terminal of ${task.key}`}>
          <SquareTerminal aria-hidden />
          <span className="max-sm:sr-only">Terminal</span>
        </Link>
      </Button>
    ) : null}
  </li>
);

/** The ready pipeline with the button that runs it, and its three tasks as they go. */
export function DemoCard() {
  const queries = useQueryClient();
  const { project } = useProject();
  const demo = useQuery({
    ...demoQuery,
    // Facts drive this card; the slow reading is for a run during which the link is down.
    refetchInterval: ({ state }) => (state.data?.state === "running" ? 5_000 : false),
  });
  const demoProject = demo.data?.project.id;
  useTopic(demoProject && demoProject !== project.id ? `project:${demoProject}` : undefined);
  const run = useMutation({
    mutationFn: startDemo,
    onSuccess: (started) => {
      queries.setQueryData(demoQuery.queryKey, started);
      void queries.invalidateQueries({ queryKey: ["tasks"] });
      void queries.invalidateQueries({ queryKey: ["counts"] });
    },
  });

  if (demo.data === null) return null;
  const tasks = demo.data?.tasks ?? [];
  const state = demo.data?.state;
  return (
    <Card title="Demo" data-testid="demo" data-state={state} bodyClassName="p-0">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-3 px-4 py-3">
        <p role="status" className="flex min-h-10 min-w-56 flex-1 items-center text-sm text-ink-soft">
          {state ? words[state] : <Skeleton className="h-4 w-3/4" />}
        </p>
        <Button
          variant="primary"
          size="large"
          disabled={!state || state === "running"}
          pending={run.isPending}
          onClick={() => run.mutate()}
        >
          <Play aria-hidden />
          Run the demo
        </Button>
      </div>
      {demo.error ? <ErrorState className="mx-4 mb-3" error={demo.error} onRetry={() => void demo.refetch()} /> : null}
      {run.error ? <ErrorState className="mx-4 mb-3" error={run.error} /> : null}
      <ol aria-label="Tasks of the demo" className="divide-y border-t">
        {tasks.map((task, index) => (
          <DemoTask key={task.id} task={task} place={index + 1} />
        ))}
        {demo.isPending
          ? [1, 2, 3].map((place) => (
              <li key={place} className="flex h-14 items-center gap-3 px-4">
                <Skeleton className="ml-7 h-4 w-28" />
                <Skeleton className="h-4 w-1/2" />
              </li>
            ))
          : null}
      </ol>
    </Card>
  );
}
