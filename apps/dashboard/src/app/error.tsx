"use client";
import { ErrorState } from "../ui/error-state.tsx";

export default function PageError({ error, reset }: { error: Error; reset: () => void }) {
  return (
    <main className="mx-auto max-w-2xl p-6">
      <h1 className="mb-3 text-xl font-semibold">This page broke</h1>
      <ErrorState error={error} onRetry={reset} />
    </main>
  );
}
