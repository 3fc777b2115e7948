import { expect, test } from "vitest";
import { limitEnd } from "./usage-limit.ts";

const now = new Date("2026-11-21T15:00:00Z");

test.each([
  ["You've hit your session limit · resets 6pm (Europe/Berlin)", "2026-11-21T17:00:00.000Z"],
  ["You've hit your session limit · resets 3:30pm (Europe/Berlin)", "2026-11-22T14:30:00.000Z"],
  ["You've hit your weekly limit · resets Nov 28, 9am (America/New_York)", "2026-11-28T14:00:00.000Z"],
  ["5-hour limit reached ∙ resets 12am (UTC)", "2026-11-22T00:00:00.000Z"],
  ["You've hit your usage limit. Try again at Nov 23rd, 2026 9:05 AM (UTC).", "2026-11-23T09:05:00.000Z"],
  ["You've hit your usage limit. Try again in 2 hours 5 minutes.", "2026-11-21T17:05:00.000Z"],
  ["Quota exceeded. Please retry in 1 day, 3 hours and 30 seconds", "2026-11-22T18:00:30.000Z"],
  ["Rate limited, retry after 45s", "2026-11-21T15:00:45.000Z"],
])("%s", (text, end) => {
  expect(limitEnd(text, now)?.toISOString()).toBe(end);
});

test("a time of day without a zone is the machine's own, and the next such time", () => {
  const end = limitEnd("resets 3pm", now);
  expect(end?.getHours()).toBe(15);
  expect(end?.getMinutes()).toBe(0);
  const waitMs = (end?.getTime() ?? 0) - now.getTime();
  expect(waitMs).toBeGreaterThanOrEqual(0);
  expect(waitMs).toBeLessThanOrEqual(25 * 3_600_000);
});

test("what names no time has none", () => {
  expect(limitEnd("Credit balance is too low", now)).toBeUndefined();
  expect(limitEnd("resets soon", now)).toBeUndefined();
  expect(limitEnd("resets Foo 3, 9am", now)).toBeUndefined();
});
