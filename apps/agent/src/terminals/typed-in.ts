/** How much of its end is enough to know a line again. */
const tailLength = 24;
/** What prompts and boxes put before the text. */
const decoration = /^[\s>$#%❯›│┃|]+/u;

/** Whether `cursorLine`, what stands before the cursor, ends with `line`, or, where that was wrapped, with its last part. */
export function isTypedIn(line: string, cursorLine: string): boolean {
  const shown = squeezed(cursorLine);
  const typed = squeezed(line);
  if (typed === "" || shown === "") return false;
  if (shown.endsWith(typed.slice(-tailLength))) return true;
  const lastPart = squeezed(cursorLine.replace(decoration, ""));
  return lastPart !== "" && typed.endsWith(lastPart);
}

/** Whether all of `line` surely stands before the cursor already; never said of a short one, which a prompt may end with. */
export function standsAlready(line: string, cursorLine: string): boolean {
  const typed = squeezed(line);
  return typed.length >= tailLength && squeezed(cursorLine).endsWith(typed.slice(-tailLength));
}

/** Whether `lines`, as they were printed, hold `line`, wherever they were broken. */
export function showsLine(line: string, lines: readonly string[]): boolean {
  const typed = squeezed(line);
  // Boxes stand between the parts of a line that is too long for its own.
  const printed = squeezed(lines.map((each) => each.replace(/^[\s│┃|]+|[\s│┃|]+$/gu, "")).join(""));
  return typed !== "" && printed.includes(typed);
}

const squeezed = (text: string): string => text.replaceAll(/\s+/gu, "");
