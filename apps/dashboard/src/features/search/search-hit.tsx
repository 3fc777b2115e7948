import type { SearchResult } from "@orchestratia/protocol/operations/search";
import Link from "next/link";
import { Badge } from "../../ui/badge.tsx";
import { classNames } from "../../ui/class-names.ts";
import { StatusMark } from "../../ui/status-mark.tsx";

type Hit = SearchResult["hits"][number];

/** The parts of a snippet as they are drawn: each with the place where it begins, which no other part has. */
const withPlaces = (snippet: Hit["snippet"]) => {
  let from = 0;
  return snippet.map((part) => {
    const at = from;
    from += part.text.length;
    return { ...part, at };
  });
};

/** One task that was found, with the piece of it that says why. */
export const SearchHit = ({
  id,
  hit: { task, snippet },
  chosen,
  onPoint,
  onOpen,
}: {
  id: string;
  hit: Hit;
  chosen: boolean;
  onPoint: () => void;
  onOpen: () => void;
}) => (
  <Link
    id={id}
    role="option"
    aria-selected={chosen}
    tabIndex={-1}
    href={`/tasks/${task.key}`}
    onPointerMove={onPoint}
    onClick={(event) => {
      if (!event.metaKey && !event.ctrlKey && !event.shiftKey) onOpen();
    }}
    className={classNames(
      "grid min-h-11 grid-cols-[auto_minmax(0,1fr)] items-start gap-x-3 border-l-2 border-transparent py-2 pr-4 pl-3.5",
      chosen && "border-accent bg-hover",
    )}
  >
    <StatusMark status={task.status} bare className="mt-0.5" />
    <span className="min-w-0">
      <span className="flex items-baseline gap-2">
        <span className="shrink-0 font-mono text-xs text-ink-faint">{task.key}</span>
        <span className="min-w-0 truncate text-sm font-medium">{task.title}</span>
        {task.archived_at ? <Badge className="shrink-0">Archived</Badge> : null}
      </span>
      {snippet.length > 0 ? (
        <span className="line-clamp-2 text-xs break-words text-ink-soft">
          {withPlaces(snippet).map(({ text, match, at }) =>
            match ? (
              <mark key={at} className="rounded-[3px] bg-accent-wash px-0.5 font-medium text-accent">
                {text}
              </mark>
            ) : (
              <span key={at}>{text}</span>
            ),
          )}
        </span>
      ) : null}
    </span>
  </Link>
);
