"use client";
import type { Project } from "@orchestratia/protocol/projects";
import { useQuery } from "@tanstack/react-query";
import { Search, X } from "lucide-react";
import { useRouter } from "next/navigation";
import { Dialog } from "radix-ui";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { useSettled } from "../../ui/settled-text.ts";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { SearchHit } from "./search-hit.tsx";
import { moveTo } from "./search-keys.ts";
import { resultCount, searchQuery } from "./search-queries.ts";

function countWords(count: number, similar: boolean, more: boolean): string {
  if (count === 0) return "Nothing found";
  if (similar) return "Nothing has these words. These look like them:";
  if (more) return `The best ${count}. More words find less.`;
  return count === 1 ? "One task" : `${count} tasks`;
}

/** Finds tasks of the project: the field keeps the focus, the arrows choose, Enter opens. */
export function SearchDialog({ project, onClose }: { project: Project; onClose: () => void }) {
  const router = useRouter();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const before = useRef<Element | null>(null);
  const [text, setText] = useState("");
  const [withArchived, setWithArchived] = useState(false);
  const [at, setAt] = useState(0);
  const words = useSettled(text.trim());
  const found = useQuery(searchQuery(project.id, words, withArchived));
  const hits = words === "" ? [] : (found.data?.hits ?? []);
  const active = Math.min(at, hits.length - 1);
  const optionId = (place: number) => `${id}-${place}`;

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const next = moveTo(event.key, active, hits.length);
    if (next !== undefined) {
      event.preventDefault();
      setAt(next);
      document.getElementById(optionId(next))?.scrollIntoView({ block: "nearest" });
    }
    // What is on screen answers older words while the newest are being looked for.
    const hit = words === text.trim() && !found.isPlaceholderData ? hits[active] : undefined;
    if (event.key === "Enter" && hit) {
      event.preventDefault();
      router.push(`/tasks/${hit.task.key}`);
      onClose();
    }
  };

  return (
    <Dialog.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-shade" />
        <Dialog.Content
          data-search
          aria-describedby={undefined}
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            before.current = document.activeElement;
            input.current?.focus();
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (before.current instanceof HTMLElement) before.current.focus();
          }}
          className="fixed inset-x-0 top-0 z-50 flex max-h-dvh flex-col bg-surface shadow-float outline-none animate-rise sm:inset-x-auto sm:top-[10vh] sm:left-1/2 sm:max-h-[75dvh] sm:w-full sm:max-w-2xl sm:-translate-x-1/2 sm:rounded-card"
        >
          <Dialog.Title className="sr-only">Search tasks of {project.name}</Dialog.Title>
          <div className="flex items-center gap-2 border-b py-1.5 pr-2 pl-4 focus-within:border-line-strong">
            <Search aria-hidden className="size-4 shrink-0 text-ink-faint" />
            <input
              ref={input}
              role="combobox"
              aria-label={`Search tasks of ${project.name}`}
              aria-expanded={hits.length > 0}
              aria-controls={`${id}-list`}
              aria-autocomplete="list"
              aria-activedescendant={hits.length > 0 ? optionId(active) : undefined}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              enterKeyHint="go"
              maxLength={400}
              placeholder={`Search tasks of ${project.name}`}
              value={text}
              onChange={(event) => {
                setText(event.target.value);
                setAt(0);
              }}
              onKeyDown={onKeyDown}
              className="h-11 min-w-0 flex-1 bg-transparent text-lg outline-none placeholder:text-ink-faint"
            />
            <Dialog.Close asChild>
              <Button variant="ghost" size="icon" aria-label="Close the search">
                <X aria-hidden />
              </Button>
            </Dialog.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain">
            {words !== "" && found.isPending ? <SkeletonRows rows={3} /> : null}
            {found.error ? (
              <ErrorState className="m-3" error={found.error} onRetry={() => void found.refetch()} />
            ) : null}
            <p role="status" className="px-4 pt-2.5 pb-1.5 text-xs text-ink-faint">
              {words === "" ? 'Words, "a phrase", -without; the last word may be half typed.' : null}
              {words !== "" && found.data
                ? countWords(hits.length, found.data.similar, found.data.next !== null && hits.length >= resultCount)
                : null}
            </p>
            <div role="listbox" id={`${id}-list`} aria-label="Tasks found" className="pb-1.5">
              {hits.map((hit, place) => (
                <SearchHit
                  key={hit.task.id}
                  id={optionId(place)}
                  hit={hit}
                  chosen={place === active}
                  onPoint={() => setAt(place)}
                  onOpen={onClose}
                />
              ))}
            </div>
          </div>
          <footer className="flex items-center gap-4 border-t px-4 py-1.5 text-xs text-ink-faint">
            <label className="flex items-center gap-2 touch:min-h-11">
              <input
                type="checkbox"
                className="size-4 accent-(--accent)"
                checked={withArchived}
                onChange={(event) => setWithArchived(event.target.checked)}
              />
              Archived ones too
            </label>
            <span className="ml-auto hidden sm:inline">↑ ↓ choose · Enter opens · Esc closes</span>
          </footer>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
