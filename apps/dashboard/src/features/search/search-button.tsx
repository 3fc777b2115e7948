"use client";
import { Search } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { useProjectIfKnown } from "../projects/project-context.tsx";
import { asksForSearch, focusedKind } from "./search-keys.ts";

const load = () => import("./search-dialog.tsx");
const SearchDialog = lazy(() => load().then(({ SearchDialog: it }) => ({ default: it })));

const keyWords = () => (/Mac|iPhone|iPad/.test(navigator.platform) ? "⌘K" : "Ctrl K");

/** Opens the search, by hand or by key. What it opens is fetched with the first wish for it. */
export function SearchButton() {
  const project = useProjectIfKnown()?.project;
  const [open, setOpen] = useState(false);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // The first half of the wish: what follows at once should find a field to be typed into.
      if (event.key === "Meta" || event.key === "Control") void load();
      if (event.defaultPrevented || !asksForSearch(event, focusedKind(event.target as Element | null))) return;
      // A question that waits for its answer is not covered by another one.
      if (document.querySelector("[role=dialog][data-state=open]:not([data-search])")) return;
      event.preventDefault();
      setOpen((was) => !was);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  if (!project) return null;
  return (
    <>
      <Button
        aria-haspopup="dialog"
        aria-keyshortcuts="Meta+K Control+K /"
        className="max-md:size-8 max-md:px-0 md:text-ink-soft touch:max-md:size-11 touch:max-md:px-0"
        onPointerEnter={() => void load()}
        onFocus={() => void load()}
        onClick={() => setOpen(true)}
      >
        <Search aria-hidden />
        <span className="max-md:sr-only">Search</span>
        <kbd aria-hidden className="hidden rounded-[4px] border px-1 font-sans text-xs text-ink-faint md:inline">
          {keyWords()}
        </kbd>
      </Button>
      {open ? (
        <Suspense fallback={null}>
          <SearchDialog key={project.id} project={project} onClose={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
