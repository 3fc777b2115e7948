import { expect, test } from "vitest";
import { until } from "../testing/until.ts";
import { WorkSlots } from "./work-slots.ts";

function open() {
  const slots = new WorkSlots({ atOnce: 2, waiting: 3 });
  const begun: number[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const run = (n: number) =>
    slots.run(() => {
      begun.push(n);
      return new Promise<number>((resolve, reject) => {
        ends[n] = (error) => (error ? reject(error) : resolve(n));
      });
    });
  return { run, begun, end: (n: number, error?: Error) => ends[n]?.(error) };
}

test("so many are done at once, the others wait in their order, and one more is refused for a second", async () => {
  const { run, begun, end } = open();
  const all = [0, 1, 2, 3, 4].map(run);
  await until(() => begun.length === 2);
  await expect(run(5)).rejects.toMatchObject({ code: "too_many_requests", members: { retry_after: 1 } });
  for (const n of [1, 0, 2, 3, 4]) {
    await until(() => begun.includes(n));
    end(n);
  }
  expect(await Promise.all(all)).toEqual([0, 1, 2, 3, 4]);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});

test("work that fails gives its place back", async () => {
  const { run, begun, end } = open();
  const failing = [0, 1].map(run);
  await until(() => begun.length === 2);
  const next = [2, 3].map(run);
  for (const n of [0, 1]) end(n, new Error("broken"));
  for (const one of failing) await expect(one).rejects.toThrow("broken");
  await until(() => begun.length === 4);
  for (const n of [2, 3]) end(n);
  expect(await Promise.all(next)).toEqual([2, 3]);
});
