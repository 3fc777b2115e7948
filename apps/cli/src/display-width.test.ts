import { expect, test } from "vitest";
import { charactersOf, displayWidth } from "./display-width.ts";

test.each([
  ["plain", 5],
  ["", 0],
  ["Größe – ok…", 11],
  ["日本語", 6],
  ["한국", 4],
  ["ｆｕｌｌ", 8],
  ["e\u0301", 1],
  ["a\u200bb\ufeff", 2],
  ["🚀", 2],
  ["👩‍💻", 2],
  ["👍🏽", 2],
  ["🇩🇪", 2],
  ["❤\ufe0f", 2],
  ["1\ufe0f\u20e3", 2],
])("%j takes %i columns", (text, columns) => {
  expect(displayWidth(text)).toBe(columns);
});

test("what belongs together is one character", () => {
  expect(charactersOf("ab")).toEqual(["a", "b"]);
  expect(charactersOf("e\u0301👩‍💻🇩🇪日")).toEqual(["e\u0301", "👩‍💻", "🇩🇪", "日"]);
});
