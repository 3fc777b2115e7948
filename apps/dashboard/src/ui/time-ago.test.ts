import { expect, test } from "vitest";
import { ago } from "./time-ago.tsx";

test.each([
  [0, "just now"],
  [9, "just now"],
  [10, "10 s ago"],
  [60, "1 min ago"],
  [3_599, "59 min ago"],
  [7_200, "2 h ago"],
  [86_400 * 40, "40 d ago"],
])("%i seconds are %s", (seconds, words) => {
  expect(ago(0, seconds * 1000)).toBe(words);
});
