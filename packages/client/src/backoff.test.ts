import fc from "fast-check";
import { expect, test } from "vitest";
import { Backoff } from "./backoff.ts";

const waits = (backoff: Backoff, count: number) => Array.from({ length: count }, () => backoff.next());

test("waits double up to the bound, and begin anew after a success", () => {
  const backoff = new Backoff({ firstMs: 100, mostMs: 1000, random: () => 0 });
  expect(waits(backoff, 6)).toEqual([100, 200, 400, 800, 1000, 1000]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
});

test("chance takes up to half of a wait, so that a fleet comes back spread out", () => {
  fc.assert(
    fc.property(fc.nat(2000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (tries, chance) => {
      const most = new Backoff({ firstMs: 500, mostMs: 15_000, random: () => 0 });
      const some = new Backoff({ firstMs: 500, mostMs: 15_000, random: () => chance });
      for (let at = 0; at < tries; at += 1) [most.next(), some.next()];
      const [full, wait] = [most.next(), some.next()];
      expect(full).toBeLessThanOrEqual(15_000);
      expect(wait).toBeLessThanOrEqual(full);
      expect(wait).toBeGreaterThan(full / 2 - 1e-9);
    }),
  );
});
