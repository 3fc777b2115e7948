"use client";
import type { Task } from "@orchestratia/protocol/tasks";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { counted } from "../../ui/counted.ts";
import { EvidenceRunView } from "./evidence-run-view.tsx";
import type { EvidenceRun } from "./evidence-runs.ts";

/** How the project's verify commands ended on a task's work: the newest run, the earlier ones on demand. */
export function TaskEvidence({ task, runs }: { task: Task; runs: readonly EvidenceRun[] }) {
  const [showsAll, setShowsAll] = useState(false);
  const shown = showsAll ? runs : runs.slice(0, 1);
  if (runs.length === 0) return null;
  return (
    <Card
      title="Evidence"
      bodyClassName="divide-y p-0"
      data-testid="evidence"
      action={
        runs.length > 1 ? (
          <Button aria-expanded={showsAll} onClick={() => setShowsAll(!showsAll)}>
            {showsAll ? "Newest run only" : counted(runs.length - 1, "earlier run")}
          </Button>
        ) : null
      }
    >
      {shown.map((run, at) => (
        <EvidenceRunView key={run.position} task={task} run={run} number={runs.length - at} isNewest={at === 0} />
      ))}
    </Card>
  );
}
