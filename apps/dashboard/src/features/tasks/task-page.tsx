"use client";
import type { Intervention } from "@orchestratia/protocol/interventions";
import type { Task } from "@orchestratia/protocol/tasks";
import { useQuery } from "@tanstack/react-query";
import { SquareTerminal } from "lucide-react";
import Link from "next/link";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Page } from "../../ui/page.tsx";
import { Skeleton, SkeletonRows } from "../../ui/skeleton.tsx";
import { StatusMark } from "../../ui/status-mark.tsx";
import { ActivityFeed } from "../activity/activity-feed.tsx";
import { TaskChanges } from "../diffs/task-changes.tsx";
import { TaskChildren } from "../epics/task-children.tsx";
import { evidenceQuery } from "../evidence/evidence-queries.ts";
import type { EvidenceRun } from "../evidence/evidence-runs.ts";
import { TaskEvidence } from "../evidence/task-evidence.tsx";
import { isMissing } from "../hub/hub-client.ts";
import { EarlierQuestions } from "../interventions/earlier-questions.tsx";
import { openInterventionsQuery } from "../interventions/intervention-queries.ts";
import { OpenQuestions } from "../interventions/open-questions.tsx";
import { useTopic } from "../live/live-provider.tsx";
import { TaskOutput } from "../output/task-output.tsx";
import { mayWrite, useProject } from "../projects/project-context.tsx";
import { TaskActions } from "./task-actions.tsx";
import { ContractsIn, ContractsOut } from "./task-contracts.tsx";
import { TaskDependencies } from "./task-dependencies.tsx";
import { TaskFacts } from "./task-facts.tsx";
import { TaskNotes } from "./task-notes.tsx";
import { TaskPlan } from "./task-plan.tsx";
import { projectOf, taskQuery } from "./task-queries.ts";
import { TaskResult } from "./task-result.tsx";
import { TaskSpec } from "./task-spec.tsx";
import { WaitingWords } from "./task-words.tsx";

const columns = "grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]";

const Loading = () => (
  <Page title={<Skeleton className="h-7 w-2/3" />} lead={<Skeleton className="mt-1 h-4 w-40" />}>
    <div className={columns}>
      <div className="rounded-card border bg-surface">
        <SkeletonRows rows={7} />
      </div>
      <div className="rounded-card border bg-surface">
        <SkeletonRows rows={5} />
      </div>
    </div>
  </Page>
);

const TerminalLink = ({ task }: { task: Task }) =>
  task.assigned_session_id ? (
    <Button asChild>
      <Link href={`/sessions/${task.assigned_session_id}`}>
        <SquareTerminal aria-hidden />
        Open terminal
      </Link>
    </Button>
  ) : null;

function TaskView({ task, open, runs }: { task: Task; open: readonly Intervention[]; runs: readonly EvidenceRun[] }) {
  const { projects } = useProject();
  const project = projects.find(({ id }) => id === task.project_id);
  const canWrite = project ? mayWrite(project) : false;
  return (
    <Page
      title={task.title}
      lead={
        <span className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1">
          <span data-testid="task-status">
            <StatusMark status={task.status} />
          </span>
          <span className="font-mono text-xs text-ink-faint">{task.key}</span>
          <WaitingWords task={task} />
          {task.archived_at ? <Badge>Archived</Badge> : null}
        </span>
      }
      actions={
        <>
          <TerminalLink task={task} />
          {canWrite ? <TaskActions task={task} /> : null}
        </>
      }
    >
      <div className={columns}>
        <div className="min-w-0 space-y-4">
          <OpenQuestions
            scope={task.id}
            open={open.filter(({ task_id }) => task_id === task.id)}
            canAnswer={canWrite}
          />
          <TaskResult task={task} />
          <TaskChildren task={task} canWrite={canWrite} />
          {/* What waits for a decision stands before what it is measured against. */}
          {task.status === "plan_review" ? <TaskPlan task={task} /> : null}
          <TaskSpec task={task} />
          {task.status === "plan_review" ? null : <TaskPlan task={task} />}
          <TaskDependencies task={task} />
          <ContractsIn task={task} />
          <ContractsOut task={task} />
          <TaskEvidence key={`evidence ${task.id}`} task={task} runs={runs} />
          <TaskChanges key={`changes ${task.id}`} task={task} />
          <TaskOutput key={`output ${task.id}`} task={task} />
          <TaskNotes task={task} canWrite={canWrite} />
          <EarlierQuestions key={`questions ${task.id}`} task={task} />
        </div>
        <div className="min-w-0 space-y-4">
          <TaskFacts task={task} />
          <Card title="Activity" bodyClassName="p-0">
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must reach it */}
            <section tabIndex={0} aria-label="Activity" className="max-h-[32rem] overflow-y-auto -outline-offset-2">
              <ActivityFeed project={task.project_id} task={task} />
            </section>
          </Card>
        </div>
      </div>
    </Page>
  );
}

/** One task. `taskRef` is its key, or its id within the chosen project. */
export function TaskPage({ taskRef }: { taskRef: string }) {
  const { project, projects } = useProject();
  const home = projectOf(taskRef, project.id);
  const task = useQuery(taskQuery(home, taskRef));
  // Asked for beside the task: cards that come later would push the page down.
  const open = useQuery(
    openInterventionsQuery(projects.find(({ id, key }) => home === id || home === key)?.id ?? home),
  );
  const evidence = useQuery(evidenceQuery(home, taskRef));
  useTopic(task.data && task.data.project_id !== project.id ? `task:${task.data.id}` : undefined);

  if (task.data && !open.isPending && !evidence.isPending) {
    return <TaskView task={task.data} open={open.data ?? []} runs={evidence.data ?? []} />;
  }
  if (isMissing(task.error)) {
    return (
      <EmptyState
        wholePage
        title="No such task"
        action={
          <Button asChild>
            <Link href="/tasks">All tasks</Link>
          </Button>
        }
      >
        There is no task {taskRef} that you may see.
      </EmptyState>
    );
  }
  if (task.error) {
    return (
      <Page title={`Task ${taskRef}`}>
        <ErrorState error={task.error} onRetry={() => void task.refetch()} />
      </Page>
    );
  }
  return <Loading />;
}
