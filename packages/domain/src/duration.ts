/** A number and s, min, h or d, such as `10 min`. */
export const DURATION = /^(\d{1,6}) ?(s|min|h|d)$/;

const UNIT_MS = { s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds; undefined for what is no duration. */
export function durationMs(text: unknown): number | undefined {
  const [, count, unit] = (typeof text === "string" && DURATION.exec(text.trim())) || [];
  return count === undefined ? undefined : Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
}
