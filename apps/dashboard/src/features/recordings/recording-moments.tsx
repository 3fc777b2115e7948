"use client";
import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useState } from "react";
import { Input } from "../../ui/control.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { useSettled } from "../../ui/settled-text.ts";
import { MomentSnippet } from "./moment-snippet.tsx";
import { clockTime } from "./next-position.ts";
import { momentsQuery } from "./recording-queries.ts";

/** What was printed in the session, to be found and jumped to. */
export function RecordingMoments({
  project,
  session,
  initialWords,
  onJump,
}: {
  project: string;
  session: string;
  initialWords: string;
  onJump: (seconds: number) => void;
}) {
  const [words, setWords] = useState(initialWords);
  const asked = useSettled(words.trim());
  const { data, error } = useQuery(momentsQuery(project, session, asked));
  return (
    <search className="flex min-h-0 flex-col gap-2 p-3">
      <div className="relative">
        <Search
          aria-hidden
          className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-ink-faint"
        />
        <Input
          type="search"
          aria-label="Search in what was printed"
          placeholder="Search in what was printed"
          className="pl-8"
          maxLength={400}
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
      </div>
      {error ? <ErrorState error={error} /> : null}
      {asked !== "" && data ? (
        <>
          <p role="status" className="text-xs text-ink-faint">
            {data.found === 0
              ? "Nothing of that was printed."
              : `${data.found} ${data.found === 1 ? "moment" : "moments"}`}
          </p>
          <ul className="-mx-1 min-h-0 overflow-y-auto">
            {data.moments.map(({ at, snippet }) => (
              <li key={`${at} ${snippet.map(({ text }) => text).join("")}`}>
                <button
                  type="button"
                  className="flex w-full gap-3 rounded-control px-1 py-1.5 text-left text-sm hover:bg-hover touch:min-h-11"
                  onClick={() => onJump(at)}
                >
                  <span className="shrink-0 pt-0.5 font-mono text-xs text-accent tabular-nums">{clockTime(at)}</span>
                  <span className="min-w-0 font-mono text-xs leading-5 break-words text-ink-soft">
                    <MomentSnippet parts={snippet} />
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </search>
  );
}
