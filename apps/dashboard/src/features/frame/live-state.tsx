"use client";
import { StateDot } from "../../ui/state-dot.tsx";
import { useLive } from "../live/live-provider.tsx";

const words = {
  connecting: { tone: "off", word: "connecting" },
  live: { tone: "good", word: "live" },
  reconnecting: { tone: "attention", word: "reconnecting" },
  closed: { tone: "off", word: "offline" },
} as const;

/** Whether what the page shows is what the hub knows now. */
export function LiveState() {
  const state = useLive()?.state ?? "connecting";
  const { tone, word } = words[state];
  return (
    <span role="status" data-testid="live-state" data-state={state} className="text-ink-soft">
      <StateDot tone={tone} word={word} />
    </span>
  );
}
