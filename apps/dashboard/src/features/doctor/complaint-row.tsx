"use client";
import { CircleAlert, Clock, TriangleAlert } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";
import { StatusMark } from "../../ui/status-mark.tsx";
import type { Case, Complaint } from "./complaints.ts";

const shownAtFirst = 4;

const marks = {
  error: { icon: CircleAlert, colour: "text-red", word: "Fault of the hub" },
  warning: { icon: TriangleAlert, colour: "text-amber", word: "Needs somebody" },
  info: { icon: Clock, colour: "text-grey", word: "Goes on by itself" },
};

const CaseRow = ({ of: { key, title, status, detail } }: { of: Case }) => (
  <li className="text-sm">
    {key ? (
      <Link
        href={`/tasks/${key}`}
        className="flex min-h-7 min-w-0 items-center gap-2 rounded-control hover:bg-hover touch:min-h-11"
      >
        {status ? <StatusMark status={status} bare /> : null}
        <span className="shrink-0 font-mono text-xs text-accent">{key}</span>
        <span className="min-w-0 truncate">{title}</span>
        {detail ? <span className="min-w-0 flex-1 truncate text-xs text-ink-faint">{detail}</span> : null}
      </Link>
    ) : (
      <p className="font-mono text-xs break-words text-ink-soft">{detail}</p>
    )}
  </li>
);

/** One matter, what to do about it, and the tasks that it holds up. */
export function ComplaintRow({ complaint: { severity, matter, advice, cases } }: { complaint: Complaint }) {
  const [all, setAll] = useState(false);
  const { icon: Icon, colour, word } = marks[severity];
  const more = cases.length - shownAtFirst;
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 px-4 py-3">
      <Icon role="img" aria-label={word} className={classNames("mt-0.5 size-4", colour)} />
      <div className="min-w-0">
        <p className="text-sm font-medium">{matter}</p>
        <p className="text-sm text-ink-soft">{advice}</p>
        <ul className="mt-1.5">
          {(all ? cases : cases.slice(0, shownAtFirst)).map((each) => (
            <CaseRow key={each.id} of={each} />
          ))}
        </ul>
        {more > 0 && !all ? (
          <Button variant="ghost" className="mt-1 -ml-3" onClick={() => setAll(true)}>
            {more} more
          </Button>
        ) : null}
      </div>
    </li>
  );
}
