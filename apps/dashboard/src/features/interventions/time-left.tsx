"use client";
import type { Intervention } from "@orchestratia/protocol/interventions";
import { Hourglass } from "lucide-react";
import { useNow } from "../../ui/time-ago.tsx";
import { afterExpiry, timeLeft } from "./answer-form.ts";

/** How long an answer is still of use; nothing for what waits for ever. */
export function TimeLeft({ intervention }: { intervention: Pick<Intervention, "timeout_at" | "intervention_type"> }) {
  const now = useNow();
  const { timeout_at } = intervention;
  if (timeout_at === null || now === 0) return null;
  return (
    <span className="inline-flex items-center gap-1 text-ink" data-testid="time-left">
      <Hourglass aria-hidden className="size-3.5" />
      <span>
        <time dateTime={timeout_at} title={new Date(timeout_at).toLocaleString()}>
          {timeLeft(Date.parse(timeout_at), now)}
        </time>
        {", "}
        {afterExpiry(intervention)}
      </span>
    </span>
  );
}
