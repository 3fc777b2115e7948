import type { ReactNode } from "react";

type EmptyStateProps = {
  title: string;
  /** Nothing else is on the page: the title is its heading. */
  wholePage?: boolean;
  children?: ReactNode;
  action?: ReactNode;
};

/** Says what will appear here, and offers the one action that makes it. */
export const EmptyState = ({ title, wholePage = false, children, action }: EmptyStateProps) => (
  <div className="flex flex-col items-center gap-1.5 px-4 py-10 text-center">
    {wholePage ? <h1 className="text-lg font-semibold">{title}</h1> : <p className="font-medium">{title}</p>}
    {children ? <p className="max-w-md text-sm text-ink-soft">{children}</p> : null}
    {action ? <div className="pt-2">{action}</div> : null}
  </div>
);
