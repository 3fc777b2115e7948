"use client";
import type { Task } from "@orchestratia/protocol/tasks";
import { lazy, Suspense } from "react";
import { ChildrenPending } from "./children-pending.tsx";

const ChildrenCard = lazy(() => import("./children-card.tsx").then((it) => ({ default: it.ChildrenCard })));

/** The children of an epic, or of any task that has some; most have none, and load no code for it. */
export function TaskChildren({ task, canWrite }: { task: Task; canWrite: boolean }) {
  if (!task.children && task.type !== "epic") return null;
  return (
    <Suspense fallback={<ChildrenPending task={task} />}>
      <ChildrenCard task={task} canWrite={canWrite} />
    </Suspense>
  );
}
