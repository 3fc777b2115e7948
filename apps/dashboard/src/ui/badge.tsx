import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";

/** A small fact in a word or two. Colour stays with status marks; a badge is neutral. */
export const Badge = ({ className, children }: { className?: string; children: ReactNode }) => (
  <span
    className={classNames(
      "inline-flex items-center gap-1 rounded-control border bg-sunken px-1.5 py-px text-xs text-ink-soft whitespace-nowrap",
      className,
    )}
  >
    {children}
  </span>
);
