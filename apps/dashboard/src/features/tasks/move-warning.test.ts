import type { Task } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { warningOf } from "./move-warning.ts";

type Edge = Pick<Task["dependents"][number], "status" | "resolved" | "dependency_type">;

const task = (status: Task["status"], edges: Edge[] = []) => ({
  status,
  attempt: 2,
  dependents: edges.map(
    (edge) => ({ ...edge, key: "DEMO-2", title: "", contract_key: null }) as Task["dependents"][number],
  ),
});
const waits: Edge = { status: "pending", resolved: false, dependency_type: "blocks" };

test("cancelling says how many end with it, whose work stops and who waits in vain", () => {
  const warning = warningOf(task("running", [waits, { ...waits, dependency_type: "related" }]), "cancel", {
    count: 3,
    isAll: true,
  });
  expect(warning).toContain("told to stop");
  expect(warning).toContain("3 open tasks below it are cancelled too");
  expect(warning).toContain("One task waits for it and will not start");
});

test("what comes next in order is held by a failed task and goes on after a cancelled one", () => {
  const next = task("running", [{ ...waits, dependency_type: "order" }]);
  expect(warningOf(next, "fail")).toContain("One task waits for it");
  expect(warningOf(next, "cancel", { count: 0, isAll: true })).not.toContain("waits");
});

test("what nobody works on stops nobody", () => {
  expect(warningOf(task("pending"), "cancel", { count: 0, isAll: true })).toBe("It can be retried later.");
});

test("a count that is not whole says so, one that is not there yet too", () => {
  expect(warningOf(task("pending"), "cancel", { count: 40, isAll: false })).toContain("At least 40 open tasks");
  expect(warningOf(task("pending"), "cancel")).toContain("Counting");
});

test("reopening tells those that wait again from those that are told", () => {
  const done = { resolved: true, dependency_type: "input" } as const;
  const warning = warningOf(
    task("done", [
      { ...done, status: "pending" },
      { ...done, status: "assigned" },
      { ...done, status: "running" },
    ]),
    "reopen",
  );
  expect(warning).toContain("2 tasks that have not begun wait for it again");
  expect(warning).toContain("One task that built on it is told");
});

test("requeueing names the attempt that comes", () => {
  expect(warningOf(task("review"), "requeue")).toContain("number 3");
});
