import { expect, test } from "vitest";
import { WindowCount } from "./window-count.ts";

test("each key has its measure for the length of a window, and what is taken back is free again", () => {
  let now = 0;
  const counted = new WindowCount(2, 60_000, () => now);
  const takeBack = counted.add("a");
  now = 10_000;
  expect(counted.add("a")).toBeTypeOf("function");
  expect(counted.add("a")).toBe(50_000);
  expect(counted.add("b")).toBeTypeOf("function");
  if (typeof takeBack === "function") takeBack();
  expect(counted.add("a")).toBeTypeOf("function");
  expect(counted.add("a")).toBe(50_000);
  now = 60_000;
  expect(counted.add("a")).toBeTypeOf("function");
});
