"use client";
import { Search } from "lucide-react";
import Link from "next/link";
import { usePathname, useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input } from "../../ui/control.tsx";
import { Page } from "../../ui/page.tsx";
import { useSettled } from "../../ui/settled-text.ts";
import { useProject } from "../projects/project-context.tsx";
import { RecordingHits } from "./recording-hits.tsx";
import { RecordingList } from "./recording-list.tsx";

/** What is recorded in the project, and the search over everything that was printed. */
export function RecordingListPage() {
  const { project } = useProject();
  const path = usePathname();
  const [words, setWords] = useState(useSearchParams().get("q") ?? "");
  const sought = useSettled(words.trim());
  useEffect(() => {
    // The way back from a recording leads to the same search.
    window.history.replaceState(null, "", sought ? `${path}?${new URLSearchParams({ q: sought })}` : path);
  }, [path, sought]);
  return (
    <Page
      title="Recordings"
      actions={
        <Button asChild>
          <Link href="/sessions">Sessions</Link>
        </Button>
      }
    >
      <search className="relative mb-3 block max-w-lg">
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
          onChange={({ target }) => setWords(target.value)}
        />
      </search>
      <div className="overflow-hidden rounded-card border bg-surface">
        {sought ? <RecordingHits project={project.id} words={sought} /> : <RecordingList project={project.id} />}
      </div>
    </Page>
  );
}
