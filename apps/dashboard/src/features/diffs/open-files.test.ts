import { expect, test } from "vitest";
import { openAtFirst, toggled } from "./open-files.ts";

const file = (path: string, length: number) => ({ path, hunks: "x".repeat(length) });

test("short files stand open at first, and none behind the first that is too much", () => {
  expect([...openAtFirst([file("a", 10), file("b", 1000), file("c", 20_000), file("d", 1)])]).toEqual(["a", "b"]);
  expect([...openAtFirst([])]).toEqual([]);
});

test("a file is opened and closed, the others stay", () => {
  const both = toggled(new Set(["a"]), "b");
  expect([...both]).toEqual(["a", "b"]);
  expect([...toggled(both, "a")]).toEqual(["b"]);
});
