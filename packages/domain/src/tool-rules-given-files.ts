import type { Word } from "./shell-command-word.ts";
import { GAP, type Text } from "./tool-rules-glob.ts";

/** The command by which agents report: it reads files that it is given and hands their text to the hub. */
const PROGRAM = "orchestratia";
const IS_GIVEN = /^(?:--[\w-]+=)?@/;
/** Their value is a file unless it is `-` or the object itself. */
const TAKES_FILE = /^--(?:structured-spec|file)(?:=|$)/;

/** What a part of a command line may be called. */
interface Called {
  readonly names: readonly Text[];
  readonly hidden: readonly Text[];
}

/** The files that the hub is shown: `@file` in place of a text, and the files of options that take one. */
export function givenFiles({ names, hidden }: Called): Word[] {
  const files = [...names, ...hidden].flatMap((text) => filesAmong(argumentsOf(text)));
  return [...new Map(files.map((file) => [JSON.stringify(file), file])).values()];
}

/** The words of which nobody knows what they turn into: perhaps `@file`, perhaps several words. */
export const openWords = ({ names }: Called): Word[] =>
  names.flatMap(argumentsOf).filter((word) => word.some((piece) => typeof piece !== "string"));

function filesAmong(words: readonly Word[]): Word[] {
  return words.flatMap((word, n): Word[] => {
    const given = without(word, IS_GIVEN);
    if (given) return [given];
    const value =
      TAKES_FILE.test(textOf(words[n - 1])) && !textOf(words[n - 1]).includes("=") ? word : without(word, TAKES_FILE);
    return value === undefined || /^(?:-|@|\s*\{|$)/.test(textOf(value)) ? [] : [value];
  });
}

const textOf = (word: Word | undefined): string => (typeof word?.[0] === "string" ? word[0] : "");

/** The word behind what it begins with; undefined when it does not begin so, or nothing follows. */
function without(word: Word, beginning: RegExp): Word | undefined {
  const [first, ...others] = word;
  const begun = typeof first === "string" ? beginning.exec(first)?.[0] : undefined;
  if (typeof first !== "string" || begun === undefined) return undefined;
  const rest = first.slice(begun.length);
  if (rest === "" && others.length === 0) return undefined;
  return rest === "" ? others : [rest, ...others];
}

function argumentsOf(text: Text): Word[] {
  const words: Exclude<Text[number], typeof GAP>[][] = [[]];
  for (const piece of text) {
    if (piece === GAP) words.push([]);
    else words.at(-1)?.push(piece);
  }
  const [program, ...others] = words;
  return program?.length === 1 && textOf(program).split("/").at(-1) === PROGRAM ? others : [];
}
