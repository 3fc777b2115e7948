import { ChevronDown } from "lucide-react";
import type { ComponentProps } from "react";
import { classNames } from "./class-names.ts";

const box =
  "w-full rounded-control border border-line-strong/70 bg-surface text-ink placeholder:text-ink-faint transition-colors hover:border-line-strong aria-invalid:border-red disabled:opacity-55 text-base sm:text-sm";

export const Input = ({ className, ...rest }: ComponentProps<"input">) => (
  <input className={classNames(box, "h-8 px-2.5 touch:h-11 touch:text-lg", className)} {...rest} />
);

export const Textarea = ({ className, ...rest }: ComponentProps<"textarea">) => (
  <textarea className={classNames(box, "min-h-24 px-2.5 py-2 touch:text-lg", className)} {...rest} />
);

export const Select = ({ className, ...rest }: ComponentProps<"select">) => (
  <span className={classNames("relative block", className)}>
    <select className={classNames(box, "h-8 appearance-none pr-8 pl-2.5 touch:h-11 touch:text-lg")} {...rest} />
    <ChevronDown
      aria-hidden
      className="pointer-events-none absolute top-1/2 right-2.5 size-4 -translate-y-1/2 text-ink-faint"
    />
  </span>
);
