import type { ComponentProps, ReactNode } from "react";
import { classNames } from "./class-names.ts";

/** A titled region of a page. `action` sits at the title's right. */
export function Card({
  title,
  action,
  className,
  bodyClassName,
  children,
  ...rest
}: Omit<ComponentProps<"section">, "title"> & { title?: ReactNode; action?: ReactNode; bodyClassName?: string }) {
  return (
    <section className={classNames("min-w-0 rounded-card border bg-surface", className)} {...rest}>
      {title ? (
        <header className="flex min-h-11 items-center justify-between gap-3 border-b px-4 py-1.5">
          <h2 className="text-sm font-semibold">{title}</h2>
          {action}
        </header>
      ) : null}
      <div className={classNames("p-4", bodyClassName)}>{children}</div>
    </section>
  );
}
