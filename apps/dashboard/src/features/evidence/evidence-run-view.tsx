"use client";
import type { Task } from "@orchestratia/protocol/tasks";
import { CircleCheck, CircleX } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { EvidenceOutput } from "./evidence-output.tsx";
import { durationWords, type EvidenceResult, type EvidenceRun, endWords } from "./evidence-runs.ts";

function CommandRow({
  task,
  result,
  number,
  isOpenAtFirst,
}: {
  task: Task;
  result: EvidenceResult;
  number: number;
  isOpenAtFirst: boolean;
}) {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  const { command, exit_code, duration_ms, output } = result;
  const Mark = exit_code === 0 ? CircleCheck : CircleX;
  return (
    <li className="space-y-2 py-1.5" data-testid="evidence-command" data-command={command}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        <Mark aria-hidden className={exit_code === 0 ? "size-4 shrink-0 text-green" : "size-4 shrink-0 text-red"} />
        <code className="min-w-0 flex-1 basis-40 font-mono text-xs break-all">{command}</code>
        <span>{endWords(result)}</span>
        <span className="text-xs text-ink-soft tabular-nums">{durationWords(duration_ms)}</span>
        {output ? (
          <Button aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? "Hide output" : "Show output"}
            <span className="sr-only"> of {command}</span>
          </Button>
        ) : null}
      </div>
      {isOpen && output ? (
        <EvidenceOutput task={task} label={`Output of ${command}, run ${number}`} pieces={output} />
      ) : null}
    </li>
  );
}

/** One time that the verify commands were run: whether the completion was taken, and how each of them ended. */
export function EvidenceRunView({
  task,
  run,
  number,
  isNewest,
}: {
  task: Task;
  run: EvidenceRun;
  /** Which of those shown it is; the first ran before the others. */
  number: number;
  isNewest: boolean;
}) {
  const failed = run.results.findIndex(({ exit_code }) => exit_code !== 0);
  return (
    <section aria-label={`Run ${number}`} data-testid="evidence-run" data-ok={run.ok} className="px-4 py-3">
      <h3 className="flex flex-wrap gap-x-3 pb-1 text-sm font-medium">
        {run.ok ? "Passed" : "Failed: the completion was refused"}
        <span className="ml-auto text-xs font-normal text-ink-faint">
          {run.epoch === undefined ? null : `epoch ${run.epoch} · `}
          <TimeAgo at={run.at} />
        </span>
      </h3>
      <ul>
        {run.results.map((result, at) => (
          <CommandRow
            // biome-ignore lint/suspicious/noArrayIndexKey: a run never changes, and a command may stand in it twice
            key={at}
            task={task}
            result={result}
            number={number}
            isOpenAtFirst={isNewest && at === failed}
          />
        ))}
      </ul>
    </section>
  );
}
