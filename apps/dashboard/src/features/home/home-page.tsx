"use client";
import { usePrefetchQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { Card } from "../../ui/card.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Page } from "../../ui/page.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { ActivityFeed } from "../activity/activity-feed.tsx";
import { activityQuery } from "../activity/activity-queries.ts";
import { DemoCard } from "../demo/demo-card.tsx";
import { demoQuery } from "../demo/demo-queries.ts";
import { DoctorPending } from "../doctor/doctor-pending.tsx";
import { openInterventionsQuery } from "../interventions/intervention-queries.ts";
import { OpenQuestions } from "../interventions/open-questions.tsx";
import { mayWrite, useProject } from "../projects/project-context.tsx";
import { tasksQuery } from "../tasks/task-queries.ts";
import { HomeCounts } from "./home-counts.tsx";
import { countsQuery } from "./home-queries.ts";

const DoctorPanel = lazy(() => import("../doctor/doctor-panel.tsx").then((it) => ({ default: it.DoctorPanel })));

/** The first answer of the page: does anything need me. */
function headline(open: number): string {
  if (open === 0) return "Nothing needs you";
  return open === 1 ? "One question needs you" : `${open} questions need you`;
}

/** Does anything need me; is everything moving; what just happened. */
export function HomePage() {
  const { project } = useProject();
  const queries = useQueryClient();
  const open = useQuery(openInterventionsQuery(project.id));
  const tasks = useQuery(tasksQuery(project.id));
  usePrefetchQuery(countsQuery(project.id));
  usePrefetchQuery(demoQuery);
  usePrefetchQuery(activityQuery(project.id));
  const subjects = useMemo(() => new Map(tasks.data?.map(({ id, key }) => [id as string, key])), [tasks.data]);

  // The questions stand on top: drawn after the rest they would push it down.
  if (open.isPending) {
    return (
      <Page title="Home" lead={project.name}>
        <div role="status" aria-label="Loading" className="space-y-4">
          <Skeleton className="h-24 rounded-card" />
          <Skeleton className="h-72 rounded-card" />
        </div>
      </Page>
    );
  }
  // What fails here fails everywhere: one sentence says it once.
  if (!open.data) {
    return (
      <Page title="Home" lead={project.name}>
        <ErrorState error={open.error} onRetry={() => void queries.refetchQueries({ type: "active" })} />
      </Page>
    );
  }
  return (
    <Page title={headline(open.data.length)} lead={project.name}>
      <div className="space-y-4">
        <OpenQuestions scope={project.id} open={open.data} canAnswer={mayWrite(project)} showTask />
        <HomeCounts project={project.id} />
        <DemoCard />
        <Suspense fallback={<DoctorPending />}>
          <DoctorPanel project={project.id} />
        </Suspense>
        <Card title="Activity" bodyClassName="p-0">
          <ActivityFeed project={project.id} subjects={subjects} />
        </Card>
      </div>
    </Page>
  );
}
