import type { WorkspaceDiff } from "@orchestratia/protocol/workspace";
import { counted } from "../../ui/counted.ts";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { shownCharacters } from "./read-hunks.ts";

/** The commits that the task made, newest first. */
export function CommitList({ commits, commits_total }: Pick<WorkspaceDiff, "commits" | "commits_total">) {
  if (commits_total === 0) return null;
  return (
    <section className="border-t px-4 py-3">
      <h3 className="pb-1 text-sm font-medium">{counted(commits_total, "commit")}</h3>
      <ul aria-label="Commits">
        {commits.map(({ id, author, at, subject }) => (
          <li key={id} className="flex flex-wrap items-baseline gap-x-3 py-1 text-sm">
            <code className="font-mono text-xs text-ink-faint" title={id}>
              {id.slice(0, 8)}
            </code>
            <span className="min-w-0 flex-1 basis-40 break-words">{shownCharacters(subject)}</span>
            <span className="text-xs text-ink-faint">
              {shownCharacters(author)} · <TimeAgo at={at} />
            </span>
          </li>
        ))}
      </ul>
      {commits.length < commits_total ? (
        <p className="pt-1 text-xs text-ink-soft">
          The newest {commits.length.toLocaleString("en")} are shown; the others are in the repository.
        </p>
      ) : null}
    </section>
  );
}
