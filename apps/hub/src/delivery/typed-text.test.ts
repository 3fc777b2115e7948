import { expect, test } from "vitest";
import { typedText } from "./typed-text.ts";

test.each([
  ["plain words", "plain words"],
  ["two\nlines\r\nand\ttabs", "two lines and tabs"],
  ["\x1b[31mred\x07\x03 stop\x7f", "[31mred stop"],
  ["a\u2028b\u2029c\u0085d", "a b c d"],
  ["  spaces   inside  ", "spaces inside"],
  ["$(rm -rf .); `id`", "$(rm -rf .); `id`"],
  ["Grüße 👩‍💻", "Grüße 👩‍💻"],
  ["\n\n", ""],
])("%j is typed as %j", (text, typed) => {
  expect(typedText(text)).toBe(typed);
});

test("at most 4 KB are typed, never half a character, and the cut shows", () => {
  const typed = typedText(`x${"ü".repeat(4_000)}`);
  expect(Buffer.byteLength(typed)).toBeLessThanOrEqual(4_000);
  expect(typed).toMatch(/^xü+…$/);
});
