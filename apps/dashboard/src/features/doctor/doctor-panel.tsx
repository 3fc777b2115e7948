"use client";
import type { Diagnosis, Finding } from "@orchestratia/protocol/doctor";
import { useQuery } from "@tanstack/react-query";
import { Check, ChevronRight } from "lucide-react";
import { useState } from "react";
import { Card } from "../../ui/card.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { demoQuery } from "../demo/demo-queries.ts";
import { ComplaintRow } from "./complaint-row.tsx";
import { type Complaint, complaintsOf, isUrgent } from "./complaints.ts";
import { DoctorPending } from "./doctor-pending.tsx";
import { diagnosisQuery } from "./doctor-queries.ts";

const countCases = (complaints: readonly Complaint[]) =>
  complaints.reduce((total, { cases }) => total + cases.length, 0);

const tasksWords = (count: number) => (count === 1 ? "One task waits" : `${count} tasks wait`);

/** What goes on by itself, for whoever wants to know why something waits. */
const Patient = ({ complaints }: { complaints: readonly Complaint[] }) => (
  <details className="group">
    <summary className="flex min-h-9 items-center gap-3 px-4 text-sm text-ink-soft -outline-offset-2 hover:bg-hover touch:min-h-11">
      <ChevronRight aria-hidden className="size-4 transition-transform group-open:rotate-90" />
      {tasksWords(countCases(complaints))} for what comes by itself
    </summary>
    <ul className="divide-y border-t">
      {complaints.map((complaint) => (
        <ComplaintRow key={complaint.code} complaint={complaint} />
      ))}
    </ul>
  </details>
);

/** Every task with which nothing happens, why, and what to do about it. It stands still while it is pointed at or focused. */
export function DoctorPanel({ project }: { project: string }) {
  const diagnosis = useQuery(diagnosisQuery(project));
  const isInDemo = useUnstartedDemo();
  const [held, setHeld] = useState<{ project: string; diagnosis: Diagnosis } | null>(null);
  if (diagnosis.isPending) return <DoctorPending />;
  if (!diagnosis.data) return <ErrorState error={diagnosis.error} onRetry={() => void diagnosis.refetch()} />;

  const shown = held?.project === project ? held.diagnosis : diagnosis.data;
  const hold = () => setHeld((was) => (was?.project === project ? was : { project, diagnosis: shown }));
  const release = () => setHeld(null);
  return (
    <section
      aria-label="What is held up"
      onPointerEnter={hold}
      onPointerLeave={release}
      onFocus={hold}
      onBlur={release}
    >
      <Complaints findings={shown.findings.filter(({ task_id }) => !isInDemo(task_id))} />
    </section>
  );
}

/** A demo that nobody has run waits for its own button, which stands on the same page. */
function useUnstartedDemo(): (task: Finding["task_id"]) => boolean {
  const demo = useQuery(demoQuery).data;
  const waiting = new Set(demo?.state === "ready" ? demo.tasks.map(({ id }) => id) : []);
  return (task) => task !== null && waiting.has(task);
}

/** Where nothing is wrong it is one quiet line. */
function Complaints({ findings }: Pick<Diagnosis, "findings">) {
  const complaints = complaintsOf(findings);
  const urgent = complaints.filter(isUrgent);
  const patient = complaints.filter((complaint) => !isUrgent(complaint));
  if (urgent.length === 0) {
    return (
      <div data-testid="doctor" data-state="good" className="rounded-card border bg-surface">
        <p className="flex min-h-11 items-center gap-3 px-4 py-2 text-sm text-ink-soft">
          <Check aria-hidden className="size-4 shrink-0 text-green" />
          Nothing is held up
        </p>
        {patient.length > 0 ? (
          <div className="border-t">
            <Patient complaints={patient} />
          </div>
        ) : null}
      </div>
    );
  }
  return (
    <Card
      title="Held up"
      data-testid="doctor"
      data-state="complaints"
      bodyClassName="divide-y p-0"
      action={<span className="text-xs text-ink-faint tabular-nums">{countCases(urgent)}</span>}
    >
      <ul className="divide-y">
        {urgent.map((complaint) => (
          <ComplaintRow key={complaint.code} complaint={complaint} />
        ))}
      </ul>
      {patient.length > 0 ? <Patient complaints={patient} /> : null}
    </Card>
  );
}
