import { expect, test } from "vitest";
import { PrintedText } from "./printed-text.ts";

const ESC = "\u001b";

function partsOf(...events: [number, string][]) {
  const text = new PrintedText();
  for (const [at, data] of events) text.add(at, data);
  return text.end();
}
const linesOf = (data: string) => partsOf([0, data]).flatMap(({ content }) => content.split("\n"));

test.each([
  ["colours go", `${ESC}[1;31merror${ESC}[0m: x\r\n`, ["error: x"]],
  ["titles and links go", `${ESC}]0;title\u0007a${ESC}]8;;http://x${ESC}\\b${ESC}]8;;${ESC}\\`, ["ab"]],
  ["a bar that was drawn over stands as last", "10%\r50%\r100%\r\ndone\r\n", ["100%", "done"]],
  ["words painted apart stay apart", `${ESC}[2;1Hleft${ESC}[2;40Hright`, ["left", "right"]],
  ["a gap made by the cursor is a space", `two${ESC}[1Cwords`, ["two words"]],
  ["frames and empty lines go", "┌────┐\r\n│ hi │\r\n\r\n", ["│ hi │"]],
  ["what is painted again is there once", "Working…\r\n1 file\r\nWorking…\r\n", ["Working…", "1 file"]],
  ["control characters and NUL go", "a\u0000\u0008b\u007f", ["ab"]],
])("%s", (_, data, lines) => {
  expect(linesOf(data)).toEqual(lines);
});

test("a part is of about a second, and says when it began", () => {
  const parts = partsOf([1, "one\r\n"], [1.8, "two\r\n"], [2.1, "three\r\n"], [20, "four\r\n"]);
  expect(parts).toEqual([
    { at: 1, content: "one\ntwo" },
    { at: 2.1, content: "three" },
    { at: 20, content: "four" },
  ]);
});

test("a line and an escape sequence that two moments share are not cut", () => {
  expect(partsOf([0, "a li"], [10, "ne\r\n"])).toEqual([{ at: 0, content: "a line" }]);
  const cut = partsOf([0, `word${ESC}[3`], [10, `1mred\r\n`]);
  expect(cut.map(({ content }) => content).join("|")).toBe("word|red");
});
