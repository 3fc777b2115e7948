import type { TaskStatus } from "@orchestratia/domain/task-lifecycle";
import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";

type Mark = { word: string; colour: string; shape: ReactNode; turns?: true };

const ring = <circle cx="8" cy="8" r="5.5" />;

/** Colour, shape and word of each status: any one of the three is enough to tell them apart. */
const STATUS_MARKS: Record<TaskStatus, Mark> = {
  pending: { word: "Pending", colour: "text-grey", shape: ring },
  assigned: {
    word: "Assigned",
    colour: "text-slate",
    shape: (
      <>
        {ring}
        <circle cx="8" cy="8" r="2" fill="currentColor" stroke="none" />
      </>
    ),
  },
  planning: {
    word: "Planning",
    colour: "text-blue",
    shape: <circle cx="8" cy="8" r="5.5" strokeDasharray="2.4 2.1" />,
  },
  plan_review: {
    word: "Plan review",
    colour: "text-violet",
    shape: <path d="M4 2.5h5.2L12 5.3v8.2H4zM6.2 7.3h3.6M6.2 10.2h3.6" />,
  },
  running: {
    word: "Running",
    colour: "text-blue",
    turns: true,
    shape: (
      <>
        <circle cx="8" cy="8" r="5.5" opacity="0.28" />
        <path d="M8 2.5A5.5 5.5 0 0 1 13.5 8" strokeWidth="2.2" />
      </>
    ),
  },
  needs_human: {
    word: "Needs human",
    colour: "text-amber",
    shape: (
      <path
        d="M4.6 9.2V4.6a.9.9 0 0 1 1.8 0v-1.5a.9.9 0 0 1 1.8 0v-.4a.9.9 0 0 1 1.8 0v1.2a.9.9 0 0 1 1.8 0v6.2a4 4 0 0 1-4 4c-1.8 0-2.8-.8-3.6-2.2L2.6 9.4c-.5-1 .7-1.7 1.4-.9z"
        fill="currentColor"
        strokeWidth="0.8"
      />
    ),
  },
  review: {
    word: "Review",
    colour: "text-violet",
    shape: (
      <>
        <path d="M1.5 8S3.8 3.8 8 3.8 14.5 8 14.5 8 12.2 12.2 8 12.2 1.5 8 1.5 8z" />
        <circle cx="8" cy="8" r="1.8" fill="currentColor" stroke="none" />
      </>
    ),
  },
  done: { word: "Done", colour: "text-green", shape: <path d="m2.8 8.6 3.4 3.4 7-8" strokeWidth="2.2" /> },
  failed: { word: "Failed", colour: "text-red", shape: <path d="m3.5 3.5 9 9m0-9-9 9" strokeWidth="2.2" /> },
  cancelled: {
    word: "Cancelled",
    colour: "text-grey",
    shape: (
      <>
        {ring}
        <path d="m4.2 11.8 7.6-7.6" />
      </>
    ),
  },
};

/** A task's status. `bare` leaves the word to screen readers, where the column's place says enough. */
export function StatusMark({
  status,
  bare = false,
  className,
}: {
  status: TaskStatus;
  bare?: boolean;
  className?: string;
}) {
  const { word, colour, shape, turns } = STATUS_MARKS[status];
  return (
    <span
      data-status={status}
      className={classNames("inline-flex items-center gap-1.5 whitespace-nowrap", colour, className)}
    >
      <svg
        aria-hidden="true"
        viewBox="0 0 16 16"
        className={classNames("size-4 shrink-0", turns && "animate-turn")}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      >
        {shape}
      </svg>
      <span className={bare ? "sr-only" : "text-sm font-medium"}>{word}</span>
    </span>
  );
}
