import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LimitEnd } from "./limit-end.ts";

const minute = 60_000;
const atThree = "2026-11-21T15:00:00.000Z";
const limit = (resets_at?: string) =>
  ({ for: "usage_limit", text: "try again at 3 PM", ...(resets_at && { resets_at }) }) as const;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-11-21T14:50:00Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

test("the end that was read first counts, also when the same words mean tomorrow by now", () => {
  const end = new LimitEnd(300_000);
  expect(end.read(limit(atThree))).toEqual({ leftMs: 10 * minute, waiting: limit(atThree) });
  vi.setSystemTime(Date.parse(atThree) + 1);
  expect(end.read(limit("2026-11-22T15:00:00.000Z"))).toEqual({ leftMs: -1, waiting: limit(atThree) });
  end.forget();
  expect(end.read(limit("2026-11-22T15:00:00.000Z")).leftMs).toBeGreaterThan(23 * 60 * minute);
});

test("a limit of which nobody says when it ends is over after five minutes, and no time is told", () => {
  const end = new LimitEnd(300_000);
  expect(end.read(limit())).toEqual({ leftMs: 5 * minute, waiting: limit() });
  vi.setSystemTime(Date.now() + 5 * minute);
  expect(end.read(limit()).leftMs).toBe(0);
});
