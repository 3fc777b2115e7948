import { classNames } from "./class-names.ts";

const shapes = {
  good: "bg-green",
  busy: "bg-blue",
  attention: "rounded-[2px] bg-amber",
  bad: "rounded-[2px] bg-red",
  off: "border-2 border-grey",
} as const;

export type StateTone = keyof typeof shapes;

/** A small mark with its word for what is not a task: servers, sessions, the connection. */
export const StateDot = ({ tone, word, className }: { tone: StateTone; word: string; className?: string }) => (
  <span className={classNames("inline-flex items-center gap-1.5 text-sm whitespace-nowrap", className)}>
    <span aria-hidden className={classNames("size-2 shrink-0 rounded-full", shapes[tone])} />
    {word}
  </span>
);
