"use client";
import type { Task } from "@orchestratia/protocol/tasks";
import { lazy, Suspense, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";

const DiffView = lazy(() => import("./diff-view.tsx").then((it) => ({ default: it.DiffView })));

/** What a task changed. Its server is asked for it, and it can be long: only when somebody wants to see it. */
export function TaskChanges({ task }: { task: Task }) {
  // Who reviews it has come to see it.
  const [isOpen, setOpen] = useState(task.status === "review");
  if (task.epoch === 0) return null;
  return (
    <Card
      title="Changes"
      bodyClassName="p-0"
      data-testid="task-changes"
      action={
        <Button aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Hide" : "Show"}
          <span className="sr-only"> what changed</span>
        </Button>
      }
    >
      {isOpen ? (
        <Suspense fallback={<SkeletonRows rows={5} />}>
          <DiffView task={task} />
        </Suspense>
      ) : (
        <p className="px-4 py-3 text-sm text-ink-soft">The files, lines and commits of its checkout.</p>
      )}
    </Card>
  );
}
