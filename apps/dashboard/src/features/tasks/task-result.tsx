import type { Task } from "@orchestratia/protocol/tasks";
import { Card } from "../../ui/card.tsx";
import { JsonView } from "../../ui/json-view.tsx";
import { Prose } from "../../ui/prose.tsx";
import { resultParts } from "./structured-parts.ts";

const changeMarks = { created: "+", modified: "~", deleted: "−" };

/** What came out: the summary, the tests and the files where the result says them, and always the whole value. */
export function TaskResult({ task }: { task: Task }) {
  if (task.result === null || task.result === undefined) return null;
  const { summary, files, tests } = resultParts(task.result);
  return (
    <Card title="Result" data-testid="result" bodyClassName="space-y-4">
      {summary ? <Prose text={summary} /> : null}
      {tests ? (
        <p className="text-sm">
          Tests: <span className="text-green">{tests.passed} passed</span>,{" "}
          <span className={tests.failed > 0 ? "text-red" : "text-ink-soft"}>{tests.failed} failed</span>,{" "}
          <span className="text-ink-soft">{tests.skipped} skipped</span>
        </p>
      ) : null}
      {files.length > 0 ? (
        <ul aria-label="Changed files" className="font-mono text-xs leading-5">
          {files.map(({ change, path }) => (
            <li key={`${change} ${path}`}>
              <span aria-hidden className="mr-2 text-ink-faint">
                {changeMarks[change]}
              </span>
              {path} <span className="sr-only">{change}</span>
            </li>
          ))}
        </ul>
      ) : null}
      <details>
        <summary className="w-fit rounded-control text-sm text-ink-soft hover:text-ink touch:py-3.5">
          Whole result
        </summary>
        <div className="pt-2">
          <JsonView value={task.result} label="Whole result" />
        </div>
      </details>
    </Card>
  );
}
