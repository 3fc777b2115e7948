import { expect, test } from "vitest";
import { readHunks, shownCharacters } from "./read-hunks.ts";

test("every line has its numbers before and after the change", () => {
  const [first, second] = readHunks("@@ -1,3 +1,3 @@ main\n one\n-two\n+2\n three\n@@ -10 +10,2 @@\n ten\n+eleven\n");
  expect(first?.heading).toBe("@@ -1,3 +1,3 @@ main");
  expect(first?.lines).toEqual([
    { kind: "same", text: "one", before: 1, after: 1 },
    { kind: "removed", text: "two", before: 2, after: undefined },
    { kind: "added", text: "2", before: undefined, after: 2 },
    { kind: "same", text: "three", before: 3, after: 3 },
  ]);
  expect(second?.lines.map(({ before, after }) => [before, after])).toEqual([
    [10, 10],
    [undefined, 11],
  ]);
});

test("a line that looks like a heading or a sign is what it is in its place", () => {
  const [hunk] = readHunks("@@ -1,2 +1,2 @@\n-@@ -9 +9 @@\n+-- two\n++ plus\n\\ No newline at end of file\n");
  expect(hunk?.lines.map(({ kind, text }) => [kind, text])).toEqual([
    ["removed", "@@ -9 +9 @@"],
    ["added", "-- two"],
    ["added", "+ plus"],
    ["note", "No newline at end of file"],
  ]);
});

test("an empty context line, a cut end and no hunks at all are read as far as they go", () => {
  expect(readHunks("@@ -1,2 +1,2 @@\n\n-cut of").at(0)?.lines).toEqual([
    { kind: "same", text: "", before: 1, after: 1 },
    { kind: "removed", text: "cut of", before: 2, after: undefined },
  ]);
  expect(readHunks("")).toEqual([]);
});

test.each([
  ["a\tb\r", "a\tb"],
  ["\u001b[31m", "⟨001B⟩[31m"],
  ["if (ok\u202e)", "if (ok⟨202E⟩)"],
  ["a\rb", "a⟨000D⟩b"],
  ["日本 ☕", "日本 ☕"],
])("nothing in %j is hidden", (text, shown) => {
  expect(shownCharacters(text)).toBe(shown);
});
