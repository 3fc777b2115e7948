import { expect, test } from "vitest";
import { tableLines } from "./table.ts";

const head = [{ title: "key" }, { title: "title", gives: true }, { title: "found", gives: true }];
const rows = [
  ["APP-1", "A short one", "something that was found in a long text"],
  ["APP-12", "A title that goes on and on and on", "x"],
];

test("elsewhere than on a terminal every cell is whole", () => {
  expect(tableLines(head, rows, undefined)).toEqual([
    "KEY     TITLE                               FOUND",
    "APP-1   A short one                         something that was found in a long text",
    "APP-12  A title that goes on and on and on  x",
  ]);
});

test.each([40, 60, 80])("on a terminal of %i columns each row is one line that fits", (columns) => {
  const lines = tableLines(head, rows, columns);
  expect(lines).toHaveLength(3);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
  expect(lines.join("\n")).toContain("…");
});

test("a column that does not give way stays whole, however narrow the terminal is", () => {
  expect(tableLines(head, rows, 10)[2]).toContain("APP-12");
});

test("a cell of several lines is one line", () => {
  expect(tableLines([{ title: "a" }], [["one\n  two\tthree"]], undefined)).toEqual(["A", "one two three"]);
});
