"use client";
import type { Task } from "@orchestratia/protocol/tasks";
import { useQuery } from "@tanstack/react-query";
import { Card } from "../../ui/card.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { ChildProgress } from "./child-progress.tsx";
import { ChildRow } from "./child-row.tsx";
import { ChildrenPending } from "./children-pending.tsx";
import { childrenQuery } from "./children-queries.ts";
import { ExecModeChoice } from "./exec-mode-choice.tsx";
import { useChildOrder } from "./use-child-order.ts";

/** A task's children in their order. */
export function ChildrenCard({ task, canWrite }: { task: Task; canWrite: boolean }) {
  const children = useQuery(childrenQuery(task));
  const { move, said, error } = useChildOrder(task);
  const tasks = children.data?.tasks ?? [];
  if (children.isPending) return <ChildrenPending task={task} />;
  return (
    <Card
      title="Children"
      data-testid="children"
      bodyClassName="p-0"
      action={<ExecModeChoice task={task} canWrite={canWrite} />}
    >
      {children.error ? (
        <ErrorState className="m-3" error={children.error} onRetry={() => void children.refetch()} />
      ) : null}
      {task.children ? <ChildProgress counts={task.children} /> : null}
      {children.data && tasks.length === 0 ? (
        <EmptyState title="No children yet">Tasks that are made under this one show here in their order.</EmptyState>
      ) : null}
      {error ? <ErrorState className="mx-3 mb-2" error={error} /> : null}
      <ol aria-label="Children" className="divide-y border-t empty:hidden">
        {tasks.map((child, at) => (
          <ChildRow
            key={child.id}
            child={child}
            place={at + 1}
            count={tasks.length}
            onMove={canWrite ? (step) => move(child, step) : undefined}
          />
        ))}
      </ol>
      {children.data?.next ? (
        <p className="border-t px-4 py-2 text-xs text-ink-faint">The first {tasks.length} are shown.</p>
      ) : null}
      <p role="status" className="sr-only">
        {said}
      </p>
    </Card>
  );
}
