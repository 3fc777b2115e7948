/** What is kept of the end of a session. */
export const TAIL_MAX_BYTES = 64 * 1024;
const TAIL_MAX_LINES = 1_000;

/** Escape sequences: OSC and the other strings up to their end, CSI with their parameters, and the short ones. */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with control characters.
  /\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[PX^_][^\u001b]*(?:\u001b\\)?|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is to go.
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/**
 * The end of a terminal's bytes as a person would read it: without colours and cursor movements, a line that was drawn
 * over as it stood last, without empty lines in a row. Screens that programs paint come out as the text that was painted.
 */
export function cleanTail(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes).replaceAll(ESCAPES, "");
  const lines: string[] = [];
  for (const raw of text.split("\n")) {
    const line = lastDrawn(raw).replaceAll(CONTROLS, "").trimEnd();
    if (line !== "" || lines.at(-1) !== "") lines.push(line);
  }
  return withinBytes(lines.slice(-TAIL_MAX_LINES).join("\n").trim());
}

/** A carriage return goes back to the line's beginning; what comes then covers what was there. */
function lastDrawn(raw: string): string {
  const parts = raw.replace(/\r+$/, "").split("\r");
  return parts.reduce((drawn, part) => part + drawn.slice(part.length));
}

/** The last of it, from the beginning of a line on where there is one. */
function withinBytes(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= TAIL_MAX_BYTES) return text;
  const end = bytes.subarray(bytes.length - TAIL_MAX_BYTES).toString();
  const line = end.indexOf("\n");
  return line < 0 ? end.replace(/^\ufffd+/, "") : end.slice(line + 1);
}
