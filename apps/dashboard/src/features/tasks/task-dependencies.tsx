import type { Dependency, Task } from "@orchestratia/protocol/tasks";
import { Check, Lock } from "lucide-react";
import Link from "next/link";
import { Card } from "../../ui/card.tsx";
import { StatusMark } from "../../ui/status-mark.tsx";

type Edge = Pick<Dependency, "resolved" | "dependency_type" | "contract_key"> & {
  key: string;
  title: string;
  status: Dependency["depends_on_status"];
  alias?: string | null;
};

const edgeWords = ({ dependency_type, contract_key, alias }: Edge) => {
  if (dependency_type !== "input") return dependency_type;
  const data = contract_key ? `input · ${contract_key}` : "input";
  return alias ? `${data} as ${alias}` : data;
};

function Resolved({ edge }: { edge: Edge }) {
  if (edge.dependency_type === "related") return <span className="text-ink-faint">Related</span>;
  return edge.resolved ? (
    <span className="inline-flex items-center gap-1 text-green">
      <Check aria-hidden className="size-3.5" />
      Resolved
    </span>
  ) : (
    <span className="inline-flex items-center gap-1 text-ink-soft">
      <Lock aria-hidden className="size-3.5" />
      Open
    </span>
  );
}

const EdgeList = ({ label, edges }: { label: string; edges: readonly Edge[] }) => (
  <div className="min-w-0">
    <h3 className="px-4 pt-3 pb-1 text-xs text-ink-faint">{label}</h3>
    <ul aria-label={label}>
      {edges.map((edge) => (
        <li key={`${edge.key} ${edge.contract_key}`} data-resolved={edge.resolved}>
          <Link
            href={`/tasks/${edge.key}`}
            className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-0.5 px-4 py-1 text-sm -outline-offset-2 hover:bg-hover touch:min-h-11"
          >
            <StatusMark status={edge.status} bare />
            <span className="font-mono text-xs text-ink-faint">{edge.key}</span>
            <span className="min-w-32 flex-1 truncate">{edge.title}</span>
            <span className="font-mono text-xs text-ink-soft">{edgeWords(edge)}</span>
            <span className="w-20 text-xs">
              <Resolved edge={edge} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  </div>
);

/** What the task waits for, and what waits for it. */
export function TaskDependencies({ task }: { task: Task }) {
  const upstream = task.dependencies.map((edge) => ({
    ...edge,
    key: edge.depends_on_key,
    title: edge.depends_on_title,
    status: edge.depends_on_status,
  }));
  if (upstream.length + task.dependents.length === 0) return null;
  return (
    <Card title="Dependencies" bodyClassName="p-0 pb-2">
      {upstream.length > 0 ? <EdgeList label="Waits for" edges={upstream} /> : null}
      {task.dependents.length > 0 ? <EdgeList label="Waited for by" edges={task.dependents} /> : null}
    </Card>
  );
}
