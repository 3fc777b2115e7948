import { expect, test } from "vitest";
import { afterExpiry, answerForm, timeLeft, whoAsks } from "./answer-form.ts";

const asked = {
  raised_by: "worker",
  intervention_type: "help",
  options: [] as string[],
  session_id: null,
  target_session_id: null,
} as const;

test("what the hub asks is answered with one of its options, and with nothing else", () => {
  const question = { ...asked, raised_by: "hub", options: ["retry", "drop", "cancel"] } as const;
  expect(answerForm({ ...question, options: [...question.options] }).freeWords).toBe(false);
  expect(whoAsks(question)).toBe("The hub asks");
});

test("an approval is a choice too", () => {
  expect(answerForm({ ...asked, intervention_type: "approval", options: ["Approve", "Deny"] }).freeWords).toBe(false);
});

test("the options of a worker's help or question are suggestions", () => {
  for (const intervention_type of ["help", "question"] as const) {
    expect(answerForm({ ...asked, intervention_type, options: ["Postgres", "SQLite"] }).freeWords).toBe(true);
    expect(answerForm({ ...asked, intervention_type, options: [] }).freeWords).toBe(true);
  }
});

test("silence denies an approval and leaves everything else without an answer", () => {
  expect(afterExpiry({ intervention_type: "approval" })).toContain("denied");
  expect(afterExpiry({ intervention_type: "question" })).toContain("without an answer");
});

test.each([
  [-5_000, "expires now"],
  [0, "expires now"],
  [30_000, "less than a minute left"],
  [60_000, "1 min left"],
  [59 * 60_000, "59 min left"],
  [3 * 3_600_000, "3 h left"],
  [72 * 3_600_000, "3 d left"],
])("%i ms are told as %s", (ms, words) => {
  expect(timeLeft(1_000_000 + ms, 1_000_000)).toBe(words);
});
