const MOST_BYTES = 4_000;
const CUT = "…";

/**
 * Somebody's words as one line that types nothing but itself: without control characters and line breaks, which a
 * terminal would act on, and at most 4 KB. The whole text stays where it came from; a daemon may type this as it is.
 */
export function typedText(text: string): string {
  const line = text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\uFFFE\uFFFF]+/gu, " ")
    .replaceAll(/\s{2,}/gu, " ")
    .trim();
  const bytes = Buffer.from(line);
  if (bytes.length <= MOST_BYTES) return line;
  // Half a character at the cut decodes to a replacement character.
  const kept = bytes
    .subarray(0, MOST_BYTES - Buffer.byteLength(CUT))
    .toString()
    .replace(/\uFFFD+$/u, "");
  return kept + CUT;
}
