import { ACTIVITY_DETAILS, type Activity } from "@orchestratia/protocol/activity";
import type { z } from "zod";

type Taken = z.infer<(typeof ACTIVITY_DETAILS)["task.evidence_taken"]>;
export type EvidenceResult = Taken["results"][number];
/** One time that a task's verify commands were run. */
export type EvidenceRun = Pick<Taken, "ok" | "epoch" | "results"> & { position: number; at: string };

/** The runs that the activity tells of, newest first. */
export const evidenceRuns = (activity: readonly Activity[]): EvidenceRun[] =>
  activity
    .flatMap(({ position, at, event_type, details }) => {
      if (event_type !== "task.evidence_taken") return [];
      const taken = ACTIVITY_DETAILS[event_type].safeParse(details);
      return taken.success ? [{ ...taken.data, position, at }] : [];
    })
    .sort((a, b) => b.position - a.position);

/** How a command ended, in few words. */
export function endWords({ exit_code, timed_out }: EvidenceResult): string {
  if (timed_out) return "Took too long";
  if (exit_code === null) return "Ended by a signal, or not started";
  return exit_code === 0 ? "Passed" : `Exited with ${exit_code}`;
}

/** `0.4 s`, `2 min 5 s`. */
export function durationWords(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
