import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { StateDot } from "../../ui/state-dot.tsx";
import { grantState } from "./grant-state.ts";

type Grant = Parameters<typeof grantState>[0] & { id: string };

type GrantListProps<Item extends Grant> = {
  label: string;
  grants: readonly Item[];
  name: (grant: Item) => ReactNode;
  facts: (grant: Item) => ReactNode;
  /** What can be done with one that is good. */
  action: (grant: Item) => ReactNode;
};

/** Keys or tokens: those that are good with what can be done about them, those that are over behind a line. */
export function GrantList<Item extends Grant>({ label, grants, name, facts, action }: GrantListProps<Item>) {
  const row = (grant: Item) => (
    <li key={grant.id} data-testid="grant" className="flex flex-wrap items-center gap-x-3 gap-y-1.5 py-2">
      <div className="min-w-0 flex-1 basis-52">
        <p className="flex flex-wrap items-center gap-x-3">
          {name(grant)}
          <StateDot {...grantState(grant)} className="whitespace-normal" />
        </p>
        <p className="text-xs text-ink-faint">{facts(grant)}</p>
      </div>
      {grant.good ? action(grant) : null}
    </li>
  );
  const good = grants.filter((grant) => grant.good);
  const over = grants.filter((grant) => !grant.good);
  return (
    <>
      {good.length > 0 ? (
        <ul aria-label={label} className="divide-y">
          {good.map(row)}
        </ul>
      ) : (
        <p className="py-2 text-sm text-ink-soft">None is good.</p>
      )}
      {over.length > 0 ? (
        <details className="group">
          <summary className="flex min-h-8 items-center gap-2 text-sm text-ink-soft touch:min-h-11">
            <ChevronRight aria-hidden className="size-4 transition-transform group-open:rotate-90" />
            {over.length === 1 ? "One that is over" : `${over.length} that are over`}
          </summary>
          <ul aria-label={`${label} that are over`} className="divide-y border-t">
            {over.map(row)}
          </ul>
        </details>
      ) : null}
    </>
  );
}
