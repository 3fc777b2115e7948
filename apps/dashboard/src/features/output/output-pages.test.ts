import type { TaskOutput } from "@orchestratia/protocol/task-output";
import { expect, test } from "vitest";
import { lastPage, newestPiece, pageAfter, pageBefore } from "./output-pages.ts";

const piece = (seq: number): TaskOutput => ({
  seq,
  stream: "stdout",
  content: `${seq}`,
  epoch: 1,
  created_at: "2026-01-05T12:00:00.000Z",
});

test("the end comes first, and going back reaches the first piece without reading one twice", () => {
  const last = lastPage(47);
  expect(last).toEqual({ after: 27, limit: 20 });
  const middle = pageBefore(last);
  expect(middle).toEqual({ after: 7, limit: 20 });
  const first = pageBefore(middle ?? last);
  expect(first).toEqual({ after: 0, limit: 7 });
  expect(pageBefore(first ?? last)).toBeUndefined();
});

test("output of which nothing is known is read from its beginning", () => {
  expect(lastPage(0)).toEqual({ after: 0, limit: 20 });
});

test("what is printed later goes on behind the newest piece, after an empty page too", () => {
  expect(pageAfter({ output: [piece(3), piece(4)], next: null }, lastPage(4)).after).toBe(4);
  expect(pageAfter({ output: [piece(3), piece(4)], next: 4 }, lastPage(4)).after).toBe(4);
  expect(pageAfter({ output: [], next: null }, { after: 9, limit: 20 }).after).toBe(9);
});

test("the activity tells the newest piece", () => {
  const added = (seq: number) => ({ event_type: "task.output_added", details: { seq } });
  expect(newestPiece([added(2), { event_type: "task.completed", details: { seq: 9 } }, added(1)])).toBe(2);
  expect(newestPiece([])).toBe(0);
});
