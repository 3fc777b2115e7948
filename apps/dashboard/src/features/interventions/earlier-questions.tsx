"use client";
import type { Task } from "@orchestratia/protocol/tasks";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { activityQuery } from "../activity/activity-queries.ts";
import { mayHaveSettled } from "./settled-words.ts";

const SettledList = lazy(() => import("./settled-list.tsx").then((it) => ({ default: it.SettledList })));

/** The questions about a task that wait no more; read when somebody asks for them, offered where there may be some. */
export function EarlierQuestions({ task }: { task: Task }) {
  const [isOpen, setOpen] = useState(false);
  const offered = useQuery({ ...activityQuery(task.project_id, task), select: mayHaveSettled });
  if (!offered.data) return null;
  return (
    <Card
      title="Earlier questions"
      bodyClassName="p-0"
      data-testid="earlier-questions"
      className={isOpen ? "" : "[&>header]:border-b-0"}
      action={
        <Button aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Hide" : "Show"}
        </Button>
      }
    >
      {isOpen ? (
        <Suspense fallback={<SkeletonRows rows={3} />}>
          <SettledList task={task} />
        </Suspense>
      ) : null}
    </Card>
  );
}
