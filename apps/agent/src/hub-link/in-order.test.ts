import { expect, test } from "vitest";
import { InOrder } from "./in-order.ts";

test("what comes for one key is done in order, for another one meanwhile; an error costs only itself", async () => {
  const done: string[] = [];
  const errors: unknown[] = [];
  const inOrder = new InOrder((error) => errors.push(error));
  let finish = () => {};
  inOrder.run("a", async () => {
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    done.push("a1");
  });
  inOrder.run("a", () => {
    throw new Error("a2");
  });
  inOrder.run("a", () => void done.push("a3"));
  inOrder.run("b", () => void done.push("b1"));
  expect(done).toEqual(["b1"]);
  const last = new Promise<void>((resolve) => inOrder.run("a", resolve));
  finish();
  await last;
  expect(done).toEqual(["b1", "a1", "a3"]);
  expect(errors).toEqual([new Error("a2")]);
  await Promise.resolve();
  inOrder.run("b", () => {
    throw new Error("b2");
  });
  expect(errors).toHaveLength(2);
});
