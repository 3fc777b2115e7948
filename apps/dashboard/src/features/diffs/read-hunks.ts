/** How a line of a hunk came to be. A note is git's own, such as that the file ends without a newline. */
export type LineKind = "same" | "added" | "removed" | "note";

type DiffLine = {
  kind: LineKind;
  text: string;
  /** Its number before the change; undefined where it was not there. */
  before: number | undefined;
  /** Its number after the change; undefined where it is not there any more. */
  after: number | undefined;
};

export type Hunk = {
  /** Such as `@@ -1,3 +1,4 @@ function main()`. */
  heading: string;
  lines: DiffLine[];
};

const kinds: Partial<Record<string, LineKind>> = { "+": "added", "-": "removed", " ": "same", "": "same" };

/** Reads hunks in unified form, from the first @@ on. What is cut off in the middle is read as far as it goes. */
export function readHunks(text: string): Hunk[] {
  const hunks: Hunk[] = [];
  let [before, after] = [0, 0];
  for (const line of text.replace(/\n$/, "").split("\n")) {
    const heading = /^@@+ -(\d+)\S* (?:-\S+ )*\+(\d+)\S* @@/.exec(line);
    if (heading) {
      [before, after] = [Number(heading[1]), Number(heading[2])];
      hunks.push({ heading: line, lines: [] });
      continue;
    }
    const kind = kinds[line.slice(0, 1)] ?? "note";
    hunks.at(-1)?.lines.push({
      kind,
      text: shownCharacters(kind === "note" ? line.replace(/^\\ /, "") : line.slice(1)),
      before: kind === "same" || kind === "removed" ? before++ : undefined,
      after: kind === "same" || kind === "added" ? after++ : undefined,
    });
  }
  return hunks;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const unseen = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Characters that nobody sees, or that show code in another order than it runs in, by their numbers. */
export const shownCharacters = (text: string): string =>
  text.replace(/\r$/, "").replace(unseen, (character) => {
    const number = character.codePointAt(0) ?? 0;
    return `⟨${number.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
