import { ActivityType } from "@orchestratia/protocol/activity";
import { expect, test } from "vitest";
import { activitySentence } from "./activity-sentence.ts";

test("every kind of fact has words of its own, even with details that say nothing", () => {
  for (const event_type of ActivityType.options) {
    const sentence = activitySentence({ event_type, details: {} });
    expect(sentence, event_type).toMatch(/\S/);
    expect(sentence, event_type).not.toContain("undefined");
  }
});

test("a completion names what it delivered", () => {
  const details = { contract_status: "fulfilled", contracts: ["api_schema", "docs"] };
  expect(activitySentence({ event_type: "task.completed", details })).toBe("completed: delivered api_schema, docs");
});

test("a kind that a newer hub invented is shown by its name", () => {
  expect(activitySentence({ event_type: "task.was_teleported" as never, details: {} })).toBe("task was teleported");
});

test("a long question is cut to one line", () => {
  const sentence = activitySentence({
    event_type: "intervention.raised",
    details: { question: `a\n${"b".repeat(400)}` },
  });
  expect(sentence).not.toContain("\n");
  expect(sentence.length).toBeLessThan(170);
});
