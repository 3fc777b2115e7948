import type { DiffFile } from "@orchestratia/protocol/workspace";
import { ChevronRight } from "lucide-react";
import { Badge } from "../../ui/badge.tsx";
import { classNames } from "../../ui/class-names.ts";
import { fileWord, missingWords } from "./diff-words.ts";
import { HunkTable } from "./hunk-table.tsx";
import { shownCharacters } from "./read-hunks.ts";

/** Added and removed lines, told apart by their signs. */
export const LineCounts = ({ additions, deletions }: { additions: number; deletions: number }) => (
  <span className="inline-flex gap-2 font-mono text-xs tabular-nums">
    <span className="text-green">
      <span aria-hidden>+</span>
      {additions.toLocaleString("en")} <span className="sr-only">lines added,</span>
    </span>
    <span className="text-red">
      <span aria-hidden>−</span>
      {deletions.toLocaleString("en")} <span className="sr-only">removed</span>
    </span>
  </span>
);

/** One file: what became of it and by how much; its lines when it is opened. */
export function DiffFileView({ file, isOpen, onToggle }: { file: DiffFile; isOpen: boolean; onToggle: () => void }) {
  const { path, additions, deletions, binary, uncommitted, hunks } = file;
  const missing = missingWords(file);
  const shownPath = shownCharacters(path);
  return (
    <li className="border-b last:border-b-0" data-testid="diff-file" data-path={path}>
      <h3>
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={onToggle}
          className="flex min-h-10 w-full flex-wrap items-center gap-x-3 gap-y-1 px-3 py-1.5 text-left -outline-offset-2 hover:bg-hover touch:min-h-11"
        >
          <ChevronRight
            aria-hidden
            className={classNames("size-4 shrink-0 text-ink-faint transition-transform", isOpen && "rotate-90")}
          />
          <span className="min-w-0 flex-1 basis-40 font-mono text-xs break-all">{shownPath}</span>
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-ink-soft">
            {file.status === "modified" ? null : <span className="break-all">{shownCharacters(fileWord(file))}</span>}
            {uncommitted ? <Badge>Uncommitted</Badge> : null}
            {binary ? <span>binary</span> : <LineCounts additions={additions} deletions={deletions} />}
          </span>
        </button>
      </h3>
      {isOpen ? (
        <div className="border-t">
          {hunks === "" ? null : <HunkTable path={shownPath} hunks={hunks} />}
          {missing ? <p className="px-3 py-2 text-xs text-ink-soft">{missing}</p> : null}
        </div>
      ) : null}
    </li>
  );
}
