import { expect, test } from "vitest";
import { placeAfterStep, stepOf, stepped } from "./child-order.ts";

const items = ["a", "b", "c"].map((id) => ({ id }));
const order = (list: readonly { id: string }[]) => list.map(({ id }) => id).join("");

test("a step up comes before the neighbour above, a step down after the one below", () => {
  expect(placeAfterStep(["a", "b", "c"], "b", "up")).toEqual({ before: "a" });
  expect(placeAfterStep(["a", "b", "c"], "b", "down")).toEqual({ after: "c" });
  expect(order(stepped(items, "b", "up"))).toBe("bac");
  expect(order(stepped(items, "b", "down"))).toBe("acb");
});

test("at the ends, and for a child that is gone, nothing moves", () => {
  expect(placeAfterStep(["a", "b"], "a", "up")).toBeUndefined();
  expect(placeAfterStep(["a", "b"], "b", "down")).toBeUndefined();
  expect(placeAfterStep(["a", "b"], "x", "down")).toBeUndefined();
  expect(order(stepped(items, "a", "up"))).toBe("abc");
  expect(order(stepped(items, "x", "down"))).toBe("abc");
});

test("only Alt with an arrow moves a child", () => {
  const press = { key: "ArrowUp", altKey: true, ctrlKey: false, metaKey: false, shiftKey: false };
  expect(stepOf(press)).toBe("up");
  expect(stepOf({ ...press, key: "ArrowDown" })).toBe("down");
  expect(stepOf({ ...press, altKey: false })).toBeUndefined();
  expect(stepOf({ ...press, ctrlKey: true })).toBeUndefined();
  expect(stepOf({ ...press, key: "Enter" })).toBeUndefined();
});
