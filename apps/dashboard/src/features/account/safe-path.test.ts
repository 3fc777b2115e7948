import { expect, test } from "vitest";
import { safePath } from "./safe-path.ts";

test("a path of this hub is gone on at, with what it asks for", () => {
  expect(safePath("/invite?token=abc")).toBe("/invite?token=abc");
});

test("an address elsewhere, and what browsers read like one, leads to the first page", () => {
  for (const path of [undefined, "", "tasks", "https://e.example", "//e.example", "/\\e.example", "/\t/e.example"]) {
    expect(safePath(path)).toBe("/");
  }
});
