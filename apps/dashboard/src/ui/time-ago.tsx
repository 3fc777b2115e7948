"use client";
import { useSyncExternalStore } from "react";
import { classNames } from "./class-names.ts";

const beatMs = 15_000;
const listeners = new Set<() => void>();
let now = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for every relative time on the page. */
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, beatMs);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
    now = 0;
  };
};
const read = () => {
  if (now === 0) now = Date.now();
  return now;
};

/** The time by the page's clock, which goes in steps of a quarter of a minute; 0 while the page is drawn on the server. */
export const useNow = (): number => useSyncExternalStore(subscribe, read, () => 0);

const steps = [
  { limit: 60, size: 1, unit: "s" },
  { limit: 3600, size: 60, unit: "min" },
  { limit: 86_400, size: 3600, unit: "h" },
  { limit: Number.POSITIVE_INFINITY, size: 86_400, unit: "d" },
];

/** "just now", "40 s ago", "3 h ago"; a clock that runs ahead of ours counts as now. */
export function ago(fromMs: number, nowMs: number): string {
  const seconds = Math.floor((nowMs - fromMs) / 1000);
  if (seconds < 10) return "just now";
  const step = steps.find(({ limit }) => seconds < limit);
  return step ? `${Math.floor(seconds / step.size)} ${step.unit} ago` : "";
}

export function TimeAgo({ at, className }: { at: string; className?: string }) {
  const current = useNow();
  const date = new Date(at);
  return (
    <time
      dateTime={at}
      title={date.toLocaleString()}
      className={classNames("tabular-nums", className)}
      suppressHydrationWarning
    >
      {current === 0 ? "" : ago(date.getTime(), Math.max(current, date.getTime()))}
    </time>
  );
}
