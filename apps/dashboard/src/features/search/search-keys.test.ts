import { expect, test } from "vitest";
import { asksForSearch, type KeyPress, moveTo } from "./search-keys.ts";

const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  isComposing: false,
  ...held,
});

test("⌘K and Ctrl-K ask for the search from a page and from a field", () => {
  for (const focused of ["page", "field"] as const) {
    expect(asksForSearch(press("k", { metaKey: true }), focused)).toBe(true);
    expect(asksForSearch(press("K", { ctrlKey: true }), focused)).toBe(true);
  }
});

test("a terminal keeps Ctrl-K, which cuts a line there, and lets ⌘K through", () => {
  expect(asksForSearch(press("k", { ctrlKey: true }), "terminal")).toBe(false);
  expect(asksForSearch(press("k", { metaKey: true }), "terminal")).toBe(true);
});

test("a slash asks for it only where it is not typed", () => {
  expect(asksForSearch(press("/"), "page")).toBe(true);
  // Shift makes the slash on many keyboards.
  expect(asksForSearch(press("/", { shiftKey: true }), "page")).toBe(true);
  expect(asksForSearch(press("/"), "field")).toBe(false);
  expect(asksForSearch(press("/"), "terminal")).toBe(false);
  expect(asksForSearch(press("/", { ctrlKey: true }), "page")).toBe(false);
});

test("other keys, and those of an unfinished word, ask for nothing", () => {
  expect(asksForSearch(press("k"), "page")).toBe(false);
  expect(asksForSearch(press("k", { ctrlKey: true, shiftKey: true }), "page")).toBe(false);
  expect(asksForSearch(press("k", { ctrlKey: true, altKey: true }), "page")).toBe(false);
  expect(asksForSearch(press("/", { isComposing: true }), "page")).toBe(false);
});

test("arrows go round the results, pages stop at the ends, other keys stay in the field", () => {
  expect(moveTo("ArrowDown", 2, 3)).toBe(0);
  expect(moveTo("ArrowUp", 0, 3)).toBe(2);
  expect(moveTo("PageDown", 1, 3)).toBe(2);
  expect(moveTo("PageUp", 4, 12)).toBe(0);
  expect(moveTo("Home", 1, 3)).toBeUndefined();
  expect(moveTo("ArrowDown", 0, 0)).toBeUndefined();
});
