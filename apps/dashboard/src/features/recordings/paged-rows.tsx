"use client";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";

interface PagedRowsProps<Page, Row> {
  query: UseInfiniteQueryResult<InfiniteData<Page>>;
  rowsOf: (page: Page) => readonly Row[];
  label: string;
  /** What stands there instead of rows. */
  empty: ReactNode;
  children: (row: Row) => ReactNode;
}

/** The rows of all pages so far, the newest first, and the way to older ones. */
export function PagedRows<Page, Row>({ query, rowsOf, label, empty, children }: PagedRowsProps<Page, Row>) {
  const { data, isPending, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const rows = data?.pages.flatMap(rowsOf) ?? [];
  return (
    <>
      {isPending ? <SkeletonRows rows={6} /> : null}
      {error ? <ErrorState className="m-3" error={error} onRetry={() => void refetch()} /> : null}
      {data && !error && rows.length === 0 ? empty : null}
      {rows.length > 0 ? <ul aria-label={label}>{rows.map(children)}</ul> : null}
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
