import { expect, test } from "vitest";
import { Sizes } from "./sizes.ts";

test("each byte has the size that the terminal had when it was printed", () => {
  const sizes = new Sizes({ cols: 80, rows: 24 });
  sizes.add(10, { cols: 100, rows: 30 }, 0);
  sizes.add(20, { cols: 90, rows: 20 }, 0);
  expect([0, 9, 10, 19, 20, 99].map((offset) => sizes.of(offset)?.cols)).toEqual([80, 80, 100, 100, 90, 90]);
  expect([0, 9, 10, 19, 20].map((offset) => sizes.nextAfter(offset))).toEqual([10, 10, 20, 20, undefined]);
});

test("the last of several sizes without output in between counts", () => {
  const sizes = new Sizes({ cols: 80, rows: 24 });
  sizes.add(0, { cols: 70, rows: 24 }, 0);
  sizes.add(5, { cols: 60, rows: 24 }, 0);
  sizes.add(5, { cols: 50, rows: 24 }, 0);
  expect([0, 4, 5].map((offset) => sizes.of(offset)?.cols)).toEqual([70, 70, 50]);
});

test("what nobody can ask for any more is forgotten, but for the size that still holds there", () => {
  const sizes = new Sizes({ cols: 80, rows: 24 });
  for (let n = 1; n <= 1000; n += 1) sizes.add(n * 10, { cols: n, rows: 24 }, n * 10 - 15);
  expect(sizes.of(9_985)?.cols).toBe(998);
  expect(sizes.of(0)?.cols).toBe(998);
});
