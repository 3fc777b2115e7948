import type { PlanRevision } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { earlierPlans, hasPlans, latestDecision, planText } from "./plan-revisions.ts";

const revision = (number: number, decision: PlanRevision["decision"] = "revised"): PlanRevision => ({
  revision: number,
  plan: `plan ${number}`,
  decision,
  feedback: null,
  submitted_at: "2026-01-05T12:00:00.000Z",
  decided_at: null,
});
const numbers = (revisions: PlanRevision[]) => revisions.map((each) => each.revision);

test("the plan that the task shows is not shown twice; the others come newest first", () => {
  expect(numbers(earlierPlans({ plan: "plan 3" }, [revision(1), revision(2), revision(3, null)]))).toEqual([2, 1]);
});

test("after another attempt began, all that was planned before is still there", () => {
  expect(numbers(earlierPlans({ plan: null }, [revision(1), revision(2, "withdrawn")]))).toEqual([2, 1]);
  expect(hasPlans({ plan: null, plan_feedback: null, attempt: 2 })).toBe(true);
});

test("a task that was never planned is not asked about", () => {
  expect(hasPlans({ plan: null, plan_feedback: null, attempt: 1 })).toBe(false);
});

test("what became of the plan is said with its number", () => {
  expect(latestDecision([revision(1), revision(2, "approved")])).toBe("Revision 2, approved");
  expect(latestDecision([revision(1, null)])).toBe("Revision 1, not decided");
  expect(latestDecision([])).toBeUndefined();
});

test("a plan of words is read as words, one with parts is not", () => {
  expect(planText("First the calls")).toBe("First the calls");
  expect(planText({ summary: "First the calls" })).toBe("First the calls");
  expect(planText({ summary: "First the calls", steps: [] })).toBeUndefined();
  expect(planText({ summary: ["First"] })).toBeUndefined();
  expect(planText(["First"])).toBeUndefined();
  expect(planText(null)).toBeUndefined();
});
