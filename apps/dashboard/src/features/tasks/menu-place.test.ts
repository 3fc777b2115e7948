import { expect, test } from "vitest";
import { placeUnder } from "./menu-place.ts";

test("a menu ends where its button ends", () => {
  expect(placeUnder({ right: 900, bottom: 100 }, 288, 1440)).toEqual({ left: 612, top: 104 });
});

test("a menu of a button at the left edge of a phone stays in the window", () => {
  expect(placeUnder({ right: 60, bottom: 100 }, 288, 390).left).toBe(8);
});

test("a menu of a button at the right edge keeps its distance from it", () => {
  expect(placeUnder({ right: 390, bottom: 100 }, 288, 390).left).toBe(94);
});
