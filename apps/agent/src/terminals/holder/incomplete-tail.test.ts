import { expect, test } from "vitest";
import { incompleteTail } from "./incomplete-tail.ts";

test.each([
  ["plain text", "hello", 0],
  ["a complete colour", "a\x1b[31m", 0],
  ["a colour cut before its final byte", "a\x1b[3", 3],
  ["a lone escape", "a\x1b", 1],
  ["an operating system command without its end", "\x1b]0;title", 9],
  ["one that a bell ended", "\x1b]0;title\x07", 0],
  ["a character set cut in the middle", "\x1b(", 2],
  ["a complete character set", "\x1b(B", 0],
])("%s", (_name, text, expected) => {
  expect(incompleteTail(Buffer.from(text, "latin1"))).toBe(expected);
});

test("a character cut at any byte is held back whole, a complete one is not", () => {
  for (const character of ["é", "€", "😀"]) {
    const bytes = Buffer.from(character);
    for (let cut = 1; cut < bytes.length; cut += 1) {
      expect(incompleteTail(Buffer.concat([Buffer.from("x"), bytes.subarray(0, cut)]))).toBe(cut);
    }
    expect(incompleteTail(bytes)).toBe(0);
  }
});
