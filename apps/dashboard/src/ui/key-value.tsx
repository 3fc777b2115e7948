import type { ReactNode } from "react";

/** Facts in two columns; rows without a value are left out. */
export const KeyValue = ({ rows }: { rows: ReadonlyArray<readonly [label: string, value: ReactNode]> }) => (
  <dl className="grid grid-cols-[minmax(6.5rem,auto)_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
    {rows.map(([label, value]) =>
      value === undefined || value === null || value === "" ? null : (
        <div key={label} className="col-span-2 grid grid-cols-subgrid items-baseline">
          <dt className="text-ink-faint">{label}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ),
    )}
  </dl>
);
