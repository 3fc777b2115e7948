import type { Activity } from "@orchestratia/protocol/activity";
import { expect, test } from "vitest";
import { durationWords, endWords, evidenceRuns } from "./evidence-runs.ts";

const fact = (position: number, event_type: string, details: object) =>
  ({ position, event_type, details, at: "2026-01-02T03:04:05.000Z" }) as unknown as Activity;
const result = { command: "npm test", exit_code: 0, duration_ms: 1500, timed_out: false };

test("runs are told newest first, also those that say neither attempt nor output", () => {
  const runs = evidenceRuns([
    fact(3, "task.evidence_taken", { ok: false, results: [{ ...result, exit_code: 1 }] }),
    fact(4, "task.completed", { ok: true, results: [] }),
    fact(9, "task.evidence_taken", { ok: true, epoch: 2, results: [{ ...result, output: { first: 4, last: 7 } }] }),
    fact(11, "task.evidence_taken", { ok: "yes" }),
  ]);
  expect(runs.map(({ position, ok, epoch, results }) => [position, ok, epoch, results[0]?.output])).toEqual([
    [9, true, 2, { first: 4, last: 7 }],
    [3, false, undefined, undefined],
  ]);
});

test.each([
  [result, "Passed"],
  [{ ...result, exit_code: 2 }, "Exited with 2"],
  [{ ...result, exit_code: null, timed_out: true }, "Took too long"],
  [{ ...result, exit_code: null }, "Ended by a signal, or not started"],
])("how %j ended", (ended, words) => {
  expect(endWords(ended)).toBe(words);
});

test.each([
  [0, "0.0 s"],
  [1540, "1.5 s"],
  [125_400, "2 min 5 s"],
])("%i ms are %s", (ms, words) => {
  expect(durationWords(ms)).toBe(words);
});
