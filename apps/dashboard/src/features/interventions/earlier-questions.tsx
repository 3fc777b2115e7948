"use client";
import type { Task } from "@orchestratia/protocol/tasks";
import { lazy, Suspense, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";

const SettledList = lazy(() => import("./settled-list.tsx").then((it) => ({ default: it.SettledList })));

/** The questions about a task that wait no more; read when somebody asks for them. */
export function EarlierQuestions({ task }: { task: Task }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Card
      title="Earlier questions"
      bodyClassName="p-0 empty:hidden"
      data-testid="earlier-questions"
      action={
        <Button aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Hide" : "Show"}
        </Button>
      }
      className={isOpen ? "" : "[&>header]:border-b-0"}
    >
      {isOpen ? (
        <Suspense fallback={<SkeletonRows rows={3} />}>
          <SettledList task={task} />
        </Suspense>
      ) : null}
    </Card>
  );
}
