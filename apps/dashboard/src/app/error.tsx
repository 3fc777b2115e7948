"use client";
import { ErrorState } from "../ui/error-state.tsx";

/** Parts that are fetched later are gone once the hub has a new version: the whole page has to be. */
const isOutdated = ({ name }: Error) => name === "ChunkLoadError";

export default function PageError({ error, reset }: { error: Error; reset: () => void }) {
  return (
    <main className="mx-auto max-w-2xl p-6">
      <h1 className="mb-3 text-xl font-semibold">This page broke</h1>
      <ErrorState error={error} onRetry={isOutdated(error) ? () => window.location.reload() : reset} />
    </main>
  );
}
