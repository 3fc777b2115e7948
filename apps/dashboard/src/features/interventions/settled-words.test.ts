import { expect, test } from "vitest";
import { mayHaveSettled, settledWords } from "./settled-words.ts";

const asked = { intervention_type: "question", raised_by: "worker", responder: null } as const;
const ada = { type: "user", id: "2d1b7c62-7a41-4d0c-8c4f-0f6f3d0a1b11", name: "Ada" } as const;

test("an answer is told with who gave it", () => {
  expect(settledWords({ ...asked, status: "responded", responder: ada })).toBe("Answered by Ada");
});

test("silence is told by what it meant", () => {
  expect(settledWords({ ...asked, status: "expired" })).toBe("Expired without an answer");
  expect(settledWords({ ...asked, intervention_type: "approval", status: "expired" })).toBe("Expired: denied");
});

test("a question that nobody needs answered any more is withdrawn", () => {
  expect(settledWords({ ...asked, status: "cancelled" })).toBe("Withdrawn");
});

test("earlier questions are offered where the activity tells of one, or does not go back to the beginning", () => {
  const facts = (event_type: string, count = 1) => Array.from({ length: count }, () => ({ event_type }));
  expect(mayHaveSettled(facts("intervention.raised"))).toBe(false);
  expect(mayHaveSettled([...facts("intervention.raised"), ...facts("intervention.expired")])).toBe(true);
  expect(mayHaveSettled(facts("task.started", 50))).toBe(true);
});
