import { shortened } from "./screen-text.ts";

/** A numbered list on the screen, of which one line is marked as chosen. */
export interface Choices {
  options: string[];
  /** Where its first line is. */
  at: number;
}

const mostOptions = 10;
const longestOption = 200;
const numbered = /^[\s│┃]*(?<mark>[❯›●>])?\s*(?<number>\d)\. +(?<text>.*?)[\s│┃]*$/u;

/**
 * The last list of choices in these lines; its numbers are what chooses. Undefined when there is none. A list of which no
 * line is marked is one only where something else says so (`needsMark` is false).
 */
export function findChoices(lines: readonly string[], { needsMark = true } = {}): Choices | undefined {
  const parts = lines.map((line) => numbered.exec(line)?.groups);
  const at = parts.findLastIndex((part) => part?.number === "1");
  if (at < 0) return undefined;
  const options: string[] = [];
  let isMarked = false;
  for (const part of parts.slice(at)) {
    // An option may go on in the line below.
    if (!part || part.number !== String(options.length + 1)) continue;
    options.push((part.text ?? "").slice(0, longestOption));
    isMarked ||= part.mark !== undefined;
  }
  return (isMarked || !needsMark) && options.length > 1 && options.every(Boolean) && options.length <= mostOptions
    ? { options, at }
    : undefined;
}

/** Which option is meant, however it is capitalised; also by its number. */
export function chosenOption(options: readonly string[], answer: string): number | undefined {
  const plain = (text: string) => text.trim().toLowerCase();
  const at = options.findIndex((option, index) => [plain(option), String(index + 1)].includes(plain(answer)));
  return at < 0 ? undefined : at;
}

const rule = /^[\s│┃|╭╰╮╯]*[─━▔▁▄▀]{10,}[\s╭╰╮╯]*$/u;
const frame = /^[\s│┃|]+|[\s│┃|]+$/gu;

/** What stands above the line `at`, up to the last rule, without its frame. */
export function textAbove(lines: readonly string[], at: number): string {
  const from = lines.slice(0, at).findLastIndex((line) => rule.test(line)) + 1;
  const texts = lines.slice(from, at).map((line) => line.replaceAll(frame, ""));
  return shortened(texts.filter((line) => line !== "").join("\n"));
}
