import type { EvidenceResult } from "@orchestratia/protocol/workspace";

/** How a verify command ended, as it stands behind its name. */
export function howItEnded({ exit_code, signal, timed_out, duration_ms }: EvidenceResult): string {
  const after = `after ${(duration_ms / 1000).toFixed(1)} s`;
  if (timed_out) return `took too long and was ended ${after}`;
  if (exit_code !== null) return `exited with ${exit_code} ${after}`;
  return signal === null ? "could not be started" : `was ended by ${signal} ${after}`;
}
