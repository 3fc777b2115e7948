/** What was printed at about one moment, as a person would read it. */
export interface PrintedPart {
  /** Seconds since the session's start. */
  at: number;
  content: string;
}

/** A part is closed after whichever comes first, so that its moment is near to what was found in it. */
const PART_SECONDS = 1;
const PART_LENGTH = 16 * 1024;

/** OSC and the other strings up to their end; CSI, whose last letter says what it does; the short ones. */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with control characters.
  /\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[PX^_][^\u001b]*(?:\u001b\\)?|(?:\u001b\[|\u009b)[0-?]*[ -/]*([@-~])?|\u001b[ -/]*[0-~]?/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is to go.
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
/** The cursor goes elsewhere on its line, and to another line. */
const ALONG = "CDG`a";
const AWAY = "ABEFHJSTdef";

/** Gathers what a segment's output events say into parts that can be searched. */
export class PrintedText {
  readonly parts: PrintedPart[] = [];
  readonly #seen = new Set<string>();
  #raw = "";
  #at = 0;

  add(at: number, data: string): void {
    if (this.#raw !== "" && (at - this.#at >= PART_SECONDS || this.#raw.length >= PART_LENGTH)) this.#close(at);
    if (this.#raw === "") this.#at = at;
    this.#raw += data;
  }

  end(): readonly PrintedPart[] {
    this.#part(this.#raw);
    this.#raw = "";
    return this.parts;
  }

  /** Closes a part where no line or escape sequence is cut, as far as there is such a place. */
  #close(at: number): void {
    const cut = this.#raw.lastIndexOf("\n") + 1 || this.#raw.lastIndexOf("\u001b");
    if (cut <= 0 && this.#raw.length < PART_LENGTH) return;
    const end = cut > 0 ? cut : this.#raw.length;
    this.#part(this.#raw.slice(0, end));
    this.#raw = this.#raw.slice(end);
    this.#at = at;
  }

  #part(raw: string): void {
    // A screen that is painted again and again is found where it first said so.
    const lines = readableLines(raw).filter((line) => !this.#seen.has(line) && this.#seen.add(line));
    if (lines.length > 0) this.parts.push({ at: this.#at, content: lines.join("\n") });
  }
}

function readableLines(raw: string): string[] {
  const text = raw.replaceAll(ESCAPES, (_, letter: string | undefined) => {
    if (letter === undefined) return "";
    if (ALONG.includes(letter)) return " ";
    return AWAY.includes(letter) ? "\n" : "";
  });
  return text
    .split("\n")
    .map((line) => lastDrawn(line).replaceAll(CONTROLS, "").replaceAll(/\s+/g, " ").trim())
    .filter((line) => /[\p{L}\p{N}]/u.test(line));
}

/** A line that was drawn over counts as it stood last. */
const lastDrawn = (line: string): string => line.split("\r").findLast((drawn) => drawn.trim() !== "") ?? "";
