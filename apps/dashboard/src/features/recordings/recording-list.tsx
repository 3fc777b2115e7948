"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { recordingsQuery } from "./recording-queries.ts";
import { RecordingRow } from "./recording-row.tsx";

/** What is recorded in a project, the newest sessions first. */
export function RecordingList({ project }: { project: string }) {
  const { data, isPending, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    recordingsQuery(project),
  );
  const recordings = data?.pages.flatMap((page) => page.recordings) ?? [];
  return (
    <>
      {isPending ? <SkeletonRows rows={6} /> : null}
      {error ? <ErrorState className="m-3" error={error} onRetry={() => void refetch()} /> : null}
      {data && recordings.length === 0 ? (
        <EmptyState title="No recordings yet">
          What sessions print appears here some 30 seconds later, and stays for as long as the project keeps recordings.
        </EmptyState>
      ) : null}
      {recordings.length > 0 ? (
        <ul aria-label="Recordings">
          {recordings.map((recording) => (
            <RecordingRow key={recording.session_id} project={project} recording={recording} />
          ))}
        </ul>
      ) : null}
      {hasNextPage ? (
        <div className="flex justify-center border-t py-3">
          <Button pending={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show older
          </Button>
        </div>
      ) : null}
    </>
  );
}
