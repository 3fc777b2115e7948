"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { Suspense, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { FreshRows } from "../../ui/fresh-rows.tsx";
import { useHeldList } from "../../ui/held-list.ts";
import { Page } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { mayWrite, useProject } from "../projects/project-context.tsx";
import { NewTaskDialog } from "./lazy-dialogs.ts";
import { asTaskFilter, passes, TASK_FILTERS, type TaskFilter } from "./task-filter.ts";
import { tasksQuery } from "./task-queries.ts";
import { TaskRow } from "./task-row.tsx";

const filters = Object.keys(TASK_FILTERS) as TaskFilter[];

function FilterBar({ filter, count }: { filter: TaskFilter; count: (filter: TaskFilter) => number | undefined }) {
  const router = useRouter();
  const path = usePathname();
  return (
    <fieldset className="-mx-4 mb-3 flex gap-1.5 overflow-x-auto px-4 py-1 sm:mx-0 sm:px-0">
      <legend className="sr-only">Filter by status</legend>
      {filters.map((each) => (
        <Button
          key={each}
          variant={each === filter ? "secondary" : "ghost"}
          aria-pressed={each === filter}
          className={classNames("shrink-0", each === filter && "bg-accent-wash hover:bg-accent-wash")}
          onClick={() => router.replace(each === "all" ? path : `${path}?show=${each}`, { scroll: false })}
        >
          {TASK_FILTERS[each].word}
          <span className="text-xs text-ink-faint">{count(each) ?? ""}</span>
        </Button>
      ))}
    </fieldset>
  );
}

function NewTaskButton() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant="primary" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <Plus aria-hidden />
        New task
      </Button>
      {open ? (
        <Suspense fallback={null}>
          <NewTaskDialog onClose={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </>
  );
}

export function TaskListPage() {
  const { project } = useProject();
  const filter = asTaskFilter(useSearchParams().get("show"));
  const tasks = useQuery(tasksQuery(project.id));
  const list = useHeldList(tasks.data, {
    belongs: (task) => passes(filter, task),
    scope: `${project.id} ${filter}`,
  });
  const canMake = mayWrite(project);
  return (
    <Page title="Tasks" actions={canMake ? <NewTaskButton /> : null}>
      <FilterBar filter={filter} count={(each) => tasks.data?.filter((task) => passes(each, task)).length} />
      <div className="overflow-hidden rounded-card border bg-surface">
        <FreshRows count={list.fresh} onShow={list.showFresh} />
        {tasks.isPending ? <SkeletonRows rows={8} /> : null}
        {tasks.error ? <ErrorState className="m-3" error={tasks.error} onRetry={() => void tasks.refetch()} /> : null}
        {tasks.data && list.rows.length === 0 ? (
          <EmptyState
            title={filter === "all" ? "No tasks yet" : `Nothing is ${TASK_FILTERS[filter].word.toLowerCase()}`}
          >
            {filter === "all"
              ? "A task is a piece of work with a spec. The hub finds a server for it and an agent works on it in a terminal."
              : "Tasks appear here as their status changes."}
          </EmptyState>
        ) : null}
        {list.rows.length > 0 ? (
          <ul aria-label="Tasks" data-testid="task-list">
            {list.rows.map((task) => (
              <TaskRow key={task.id} task={task} />
            ))}
          </ul>
        ) : null}
      </div>
    </Page>
  );
}
