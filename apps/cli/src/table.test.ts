import { expect, test } from "vitest";
import { displayWidth } from "./display-width.ts";
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

test("columns stand under each other where characters are two columns wide, or none", () => {
  const lines = tableLines(
    [{ title: "name" }, { title: "next" }],
    [
      ["日本語", "x"],
      ["👩‍💻🚀", "x"],
      ["e\u0301te\u0301", "x"],
    ],
    undefined,
  );
  expect(lines).toEqual(["NAME    NEXT", "日本語  x", "👩‍💻🚀    x", "e\u0301te\u0301     x"]);
});

test.each(["日本語の長い題名です", "👩‍💻🚀👩‍💻🚀👩‍💻🚀👩‍💻", "e\u0301".repeat(20), "a👍🏽".repeat(8)])(
  "a cut never halves a character: %s",
  (title) => {
    const characters = [...new Intl.Segmenter().segment(title)].map(({ segment }) => segment);
    for (const columns of [10, 11, 12, 13]) {
      const cell = tableLines([{ title: "t", gives: true }], [[title]], columns)[1] ?? "";
      expect(displayWidth(cell)).toBeLessThanOrEqual(columns);
      const kept = [...new Intl.Segmenter().segment(cell)].map(({ segment }) => segment);
      expect(kept).toEqual([...characters.slice(0, kept.length - 1), "…"]);
    }
  },
);

test("colours take no room, and are for cells only", () => {
  const paint = (cell: string) => `\u001b[36m${cell}\u001b[39m`;
  const head = [
    { title: "key", paint },
    { title: "title", gives: true },
  ];
  const [top, first] = tableLines(head, [["A-1", "goes on and on"]], 15);
  expect([top, first]).toEqual(["KEY  TITLE", "\u001b[36mA-1\u001b[39m  goes on a…"]);
});
