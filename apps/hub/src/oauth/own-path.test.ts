import { expect, test } from "vitest";
import { ownPath, withProblem } from "./own-path.ts";

test.each([
  "/",
  "/projects/APP/tasks/3",
  "/invite?token=a%20b",
  "/tasks?status=done&next=https://elsewhere.example#plan",
])("%s is a path of the hub", (path) => expect(ownPath(path)).toBe(path));

test.each([
  undefined,
  "",
  "projects",
  "https://elsewhere.example/",
  "//elsewhere.example/",
  "/\\elsewhere.example/",
  "/\t/elsewhere.example/",
  "/\n/elsewhere.example",
  "\\\\elsewhere.example",
  "/.//elsewhere.example",
  "/x/..//elsewhere.example",
  "javascript:alert(1)",
  " //elsewhere.example",
  "//",
])("%j leads to the first page", (path) => expect(ownPath(path)).toBe("/"));

test("what a browser makes of every accepted path is on the hub's origin", () => {
  const signs = ["/", "\\", ".", "..", "\t", "\r\n", "@", ":", "?", "#", "%2f", "%5c", "e.example", " "];
  for (const a of signs) {
    for (const b of signs) {
      for (const c of signs) {
        const path = ownPath(`/${a}${b}${c}`);
        expect(new URL(path, "https://hub.example").origin, path).toBe("https://hub.example");
      }
    }
  }
});

test("a problem is added to what a path asks already", () => {
  expect(withProblem("/login?next=%2Ftasks#top", "not_invited")).toBe("/login?next=%2Ftasks&problem=not_invited#top");
});
