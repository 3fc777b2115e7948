"use client";
import type { RecordingHit } from "@orchestratia/protocol/recordings";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { AgentMark } from "../../ui/agent-mark.tsx";
import { counted } from "../../ui/counted.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { MomentSnippet } from "./moment-snippet.tsx";
import { clockTime } from "./next-position.ts";
import { PagedRows } from "./paged-rows.tsx";
import { momentPosition, recordingAddress } from "./recording-address.ts";
import { recordingHitsQuery } from "./recording-queries.ts";

const row =
  "flex min-h-9 items-start gap-3 rounded-control px-4 py-1.5 text-sm -outline-offset-2 hover:bg-hover touch:min-h-11";

/** A session in which it was printed, with the first moments; each opens the player there. */
const Hit = ({ hit, words }: { hit: RecordingHit; words: string }) => {
  const { session_id, session_name, agent, server_name, started_at, found, moments } = hit;
  return (
    <li className="border-b py-2 last:border-b-0" data-testid="recording-hit" data-name={session_name}>
      <h2 className="flex flex-wrap items-center gap-x-3 px-4 py-1 text-sm font-medium">
        <AgentMark agent={agent} />
        <span className="min-w-0 truncate">{session_name}</span>
        <span className="text-xs font-normal text-ink-faint">
          {agent} on {server_name}, <TimeAgo at={started_at} />
        </span>
      </h2>
      <ul aria-label={`Moments of ${session_name}`}>
        {moments.map(({ at, snippet }) => (
          <li key={`${at} ${snippet.map(({ text }) => text).join("")}`}>
            <Link href={recordingAddress(session_id, { at: momentPosition(at), words })} className={row}>
              <span className="w-14 shrink-0 pt-0.5 text-right font-mono text-xs text-accent tabular-nums">
                {clockTime(at)}
              </span>
              <span className="min-w-0 font-mono text-xs leading-5 break-words text-ink-soft">
                <MomentSnippet parts={snippet} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {found > moments.length ? (
        <Link
          href={recordingAddress(session_id, { words })}
          className={`${row} text-accent underline underline-offset-2`}
        >
          All {counted(found, "moment")} in {session_name}
        </Link>
      ) : null}
    </li>
  );
};

const nothing = (
  <EmptyState title="Nothing of that was printed">
    Words are looked for as a whole: the last may be half typed, "in quotation marks" they stand together, and -word
    leaves out.
  </EmptyState>
);

/** Where in a project's recordings the words were printed, the newest sessions first. */
export function RecordingHits({ project, words }: { project: string; words: string }) {
  const query = useInfiniteQuery(recordingHitsQuery(project, words));
  const found = query.data?.pages.flatMap((page) => page.hits).length ?? 0;
  return (
    <>
      {query.data && !query.error ? (
        <p role="status" className="sr-only">
          {found === 0 ? "Nothing found" : `Found in ${counted(found, "session")}`}
        </p>
      ) : null}
      <PagedRows query={query} rowsOf={(page) => page.hits} label="Found in" empty={nothing}>
        {(hit) => <Hit key={hit.session_id} hit={hit} words={words} />}
      </PagedRows>
    </>
  );
}
