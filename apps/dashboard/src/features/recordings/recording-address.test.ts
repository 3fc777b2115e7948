import { expect, test } from "vitest";
import { readPosition, recordingAddress } from "./recording-address.ts";
import { sizeWords } from "./size-words.ts";

test("an address says where to begin and what to look for, and is read again", () => {
  expect(recordingAddress("s1")).toBe("/sessions/s1/recording");
  const address = recordingAddress("s1", { at: 12.34567, words: '"a & b" é' });
  expect(address).toBe("/sessions/s1/recording?at=12.346&q=%22a+%26+b%22+%C3%A9");
  expect(readPosition(new URL(address, "http://hub").searchParams.get("at") ?? undefined)).toBe(12.346);
});

test.each([[undefined], [""], [" "], ["soon"], ["-1"], ["Infinity"]])("%j is no position", (text) => {
  expect(readPosition(text)).toBeUndefined();
});

test.each([
  [0, "0 kB"],
  [1, "1 kB"],
  [1500, "2 kB"],
  [999_400, "999 kB"],
  [1_250_000, "1.3 MB"],
  [3_200_000_000, "3.2 GB"],
])("%i bytes are %s", (bytes, words) => {
  expect(sizeWords(bytes)).toBe(words);
});
