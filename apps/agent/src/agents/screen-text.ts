import { waitingTextLimit } from "./agent-state.ts";

/** The last `count` lines that are not blank: what is above them is over. */
export const bottomLines = (lines: readonly string[], count: number): string[] =>
  lines.filter((line) => line.trim() !== "").slice(-count);

/** Whether any of the lines matches. */
export const anyLine = (lines: readonly string[], pattern: RegExp): boolean => lines.some((line) => pattern.test(line));

/** A text as short as people and the wire want it. */
export function shortened(text: string): string {
  const tidy = text.replaceAll(/\p{Cc}+/gu, (controls) => (controls.includes("\n") ? "\n" : " ")).trim();
  return tidy.length <= waitingTextLimit ? tidy : `${tidy.slice(0, waitingTextLimit - 1)}…`;
}
