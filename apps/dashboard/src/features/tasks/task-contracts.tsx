import type { Task } from "@orchestratia/protocol/tasks";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { JsonView } from "../../ui/json-view.tsx";
import { contractsOut } from "./structured-parts.ts";

/** What comes from upstream, by contract key; what is still missing says from whom it will come. */
export function ContractsIn({ task }: { task: Task }) {
  const delivered = Object.entries(task.resolved_inputs);
  const expected = task.dependencies.filter((edge) => edge.dependency_type === "input" && !edge.resolved);
  if (delivered.length + expected.length === 0) return null;
  return (
    <Card title="Contracts in" data-testid="contracts-in" bodyClassName="space-y-4">
      {delivered.map(([key, value]) => (
        <div key={key} data-contract={key} className="space-y-1.5">
          <h3 className="font-mono text-sm font-medium">{key}</h3>
          <JsonView value={value} label={`Input ${key}`} />
        </div>
      ))}
      {expected.map(({ id, contract_key, alias, depends_on_key }) => (
        <p key={id} className="text-sm text-ink-soft">
          <span className="font-mono font-medium text-ink">{alias ?? contract_key ?? depends_on_key}</span> will come
          from {depends_on_key}.
        </p>
      ))}
    </Card>
  );
}

/** What the task promised, beside what it delivered. */
export function ContractsOut({ task }: { task: Task }) {
  const contracts = contractsOut(task);
  if (contracts.length === 0) return null;
  return (
    <Card
      title="Contracts out"
      data-testid="contracts-out"
      bodyClassName="space-y-4"
      action={task.contract_status === "none" ? null : <Badge>{task.contract_status}</Badge>}
    >
      {contracts.map(({ key, description, required, schema, declared, delivered }) => (
        <div key={key} data-contract={key} className="space-y-1.5">
          <div className="flex flex-wrap items-center gap-2">
            <h3 className="font-mono text-sm font-medium">{key}</h3>
            {declared ? <Badge>{required ? "required" : "optional"}</Badge> : <Badge>extra</Badge>}
            {delivered ? null : <span className="text-sm text-ink-faint">Not delivered yet</span>}
          </div>
          {description ? <p className="text-sm text-ink-soft">{description}</p> : null}
          {delivered ? <JsonView value={delivered.value} label={`Contract ${key}`} /> : null}
          {schema === undefined ? null : (
            <details>
              <summary className="w-fit rounded-control text-xs text-ink-soft hover:text-ink touch:py-3.5">
                JSON Schema
              </summary>
              <div className="pt-1.5">
                <JsonView value={schema} label={`JSON Schema of ${key}`} />
              </div>
            </details>
          )}
        </div>
      ))}
    </Card>
  );
}
