"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { EmptyState } from "../../ui/empty-state.tsx";
import { PagedRows } from "./paged-rows.tsx";
import { recordingsQuery } from "./recording-queries.ts";
import { RecordingRow } from "./recording-row.tsx";

const nothing = (
  <EmptyState title="No recordings yet">
    What sessions print appears here some 30 seconds later, and stays for as long as the project keeps recordings.
  </EmptyState>
);

/** What is recorded in a project, the newest sessions first. */
export function RecordingList({ project }: { project: string }) {
  const query = useInfiniteQuery(recordingsQuery(project));
  return (
    <PagedRows query={query} rowsOf={(page) => page.recordings} label="Recordings" empty={nothing}>
      {(recording) => <RecordingRow key={recording.session_id} project={project} recording={recording} />}
    </PagedRows>
  );
}
