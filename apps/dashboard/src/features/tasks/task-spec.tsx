import type { Task } from "@orchestratia/protocol/tasks";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { KeyValue } from "../../ui/key-value.tsx";
import { Prose } from "../../ui/prose.tsx";
import { readSpec } from "./structured-parts.ts";
import { capital } from "./task-words.tsx";

/** What is asked for: the text, the requirements in order of weight, the criteria, what a server must have. */
export function TaskSpec({ task }: { task: Task }) {
  const spec = readSpec(task);
  const requirements = spec?.requirements ?? [];
  const needs = spec?.capability_requirements;
  const constraints = spec?.constraints;
  return (
    <Card title="Spec" bodyClassName="space-y-5">
      <Prose text={task.spec} />
      {requirements.length > 0 ? (
        <div>
          <h3 className="mb-2 text-sm font-semibold">Requirements</h3>
          <ul className="space-y-1.5 text-sm">
            {requirements.map(({ description, priority, category }) => (
              <li key={description} className="grid grid-cols-[4rem_1fr] gap-2">
                <span className="text-ink-faint">{priority === "wont" ? "Will not" : capital(priority)}</span>
                <span>
                  {description} {category ? <Badge>{category}</Badge> : null}
                </span>
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      {task.acceptance_criteria.length > 0 ? (
        <div>
          <h3 className="mb-2 text-sm font-semibold">Acceptance criteria</h3>
          <ul className="list-disc space-y-1 pl-5 text-sm marker:text-ink-faint">
            {task.acceptance_criteria.map((criterion) => (
              <li key={criterion}>{criterion}</li>
            ))}
          </ul>
        </div>
      ) : null}
      {needs || constraints ? (
        <KeyValue
          rows={[
            ["Written in", constraints?.languages?.join(", ")],
            ["Frameworks", constraints?.frameworks?.join(", ")],
            ["Testing", constraints?.testing],
            ["Needs repo", needs?.repo],
            ["Needs languages", needs?.languages?.join(", ")],
            ["Needs environment", needs?.environments?.join(" or ")],
            ["Needs tools", needs?.tools?.join(", ")],
            ["Prefers tags", needs?.tags?.join(", ")],
            ["Prefers server", needs?.prefer_server],
          ]}
        />
      ) : null}
    </Card>
  );
}
