"use client";
import type { Task } from "@orchestratia/protocol/tasks";
import { lazy, Suspense, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";

const OutputView = lazy(() => import("./output-view.tsx").then((it) => ({ default: it.OutputView })));

/** What a task printed. It can be long, so neither it nor its code is read before somebody asks for it. */
export function TaskOutput({ task }: { task: Task }) {
  const [isOpen, setOpen] = useState(false);
  if (task.epoch === 0) return null;
  return (
    <Card
      title="Output"
      bodyClassName="p-0"
      data-testid="task-output"
      action={
        <Button aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Hide" : "Show"}
        </Button>
      }
    >
      {isOpen ? (
        <Suspense fallback={<SkeletonRows rows={6} />}>
          <OutputView task={task} />
        </Suspense>
      ) : (
        <p className="px-4 py-3 text-sm text-ink-soft">What its programs printed, and the end of its terminal.</p>
      )}
    </Card>
  );
}
