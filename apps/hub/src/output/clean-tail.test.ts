import { expect, test } from "vitest";
import { cleanTail, TAIL_MAX_BYTES } from "./clean-tail.ts";

const clean = (text: string) => cleanTail(Buffer.from(text));

test.each([
  ["colours", "\u001b[1;31mred\u001b[0m and \u001b[38;5;12mblue\u001b[m", "red and blue"],
  ["titles and links", "\u001b]0;my title\u0007a\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\", "alink"],
  ["strings of other kinds", "\u001bP1$r0m\u001b\\a\u001b_secret\u001b\\b", "ab"],
  ["cursor movements and modes", "\u001b[2J\u001b[H\u001b[?1049h\u001b(Bhello\u001b7\u001b8\u001b=", "hello"],
  ["a sequence that is cut off", "done\u001b[38;5", "done"],
  ["a string that is cut off", "done\u001b]0;half a title", "done"],
  ["bells, backspaces and NUL", "a\u0007b\u0008c\u0000d\u009be", "abcd"],
  ["windows line ends", "one\r\ntwo\r\n", "one\ntwo"],
  ["progress that was drawn over", "10%\r 50%\r100%\r\ndone", "100%\ndone"],
  ["what is drawn over a longer line", "abcdef\rxy", "xycdef"],
  ["many empty lines", "a\n\n\n\n  \nb\n\n", "a\n\nb"],
  ["tabs, kept", "a\tb", "a\tb"],
  ["text of all languages", "größe 日本 🎉", "größe 日本 🎉"],
  ["nothing at all", "", ""],
])("what is left of %s", (_, raw, cleaned) => expect(clean(raw)).toBe(cleaned));

test("it is the end that is kept, in whole lines", () => {
  const lines = Array.from({ length: 5_000 }, (_, at) => `line ${at}`);
  expect(clean(lines.join("\r\n")).split("\n")).toEqual(lines.slice(-1_000));
  const long = Array.from({ length: 900 }, (_, at) => `${at} ${"ü".repeat(100)}`);
  const kept = clean(long.join("\n"));
  expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(TAIL_MAX_BYTES);
  expect(long.slice(-kept.split("\n").length).join("\n")).toBe(kept);
});

test("one endless line is cut at a character", () => {
  const kept = clean("ü".repeat(TAIL_MAX_BYTES));
  expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(TAIL_MAX_BYTES);
  expect(kept).toMatch(/^ü+$/);
});

test("hostile bytes take no longer than honest ones", () => {
  const began = performance.now();
  for (const part of ["\u001b]", "\u001b[", "\u001bP", "\u001b", "\r", "\u001b[1;"]) clean(part.repeat(300_000));
  expect(performance.now() - began).toBeLessThan(5_000);
});
