import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";

/** A page's outer box with its title row. */
export const Page = ({
  title,
  lead,
  actions,
  className,
  children,
}: {
  title: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}) => (
  <div className={classNames("mx-auto w-full max-w-6xl px-4 py-5 sm:px-6", className)}>
    <div className="mb-4 flex min-h-11 flex-wrap items-center gap-x-4 gap-y-2">
      <div className="min-w-0 flex-1 basis-40">
        <h1 className="text-xl font-semibold tracking-tight break-words">{title}</h1>
        {lead ? <div className="text-sm text-ink-soft">{lead}</div> : null}
      </div>
      {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
    </div>
    {children}
  </div>
);
