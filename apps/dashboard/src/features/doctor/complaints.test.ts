import { FINDINGS, Finding, type FindingCode } from "@orchestratia/protocol/doctor";
import { expect, test } from "vitest";
import { complaintsOf, isUrgent } from "./complaints.ts";

const finding = (code: FindingCode, number: number, where = "", severity: Finding["severity"] = "warning"): Finding =>
  Finding.parse({
    code,
    severity,
    task_id: `0198c000-0000-7000-8000-00000000000${number}`,
    task_key: `DEMO-${number}`,
    task_title: `Task ${number}`,
    task_status: "pending",
    server_id: null,
    session_id: null,
    message: `DEMO-${number}: ${FINDINGS[code]}${where}.`,
    advice: `What to do about ${code}`,
  });

test("tasks with the same matter make one complaint, in the order of the findings", () => {
  const complaints = complaintsOf([finding("review", 1), finding("no_server", 2), finding("review", 3)]);
  expect(complaints.map(({ code, cases }) => [code, cases.map(({ key }) => key)])).toEqual([
    ["review", ["DEMO-1", "DEMO-3"]],
    ["no_server", ["DEMO-2"]],
  ]);
});

test("a case says only what its complaint does not", () => {
  const [complaint] = complaintsOf([
    finding("waiting_for_server", 1, " (repo shop, python)"),
    finding("waiting_for_server", 2),
  ]);
  expect(complaint?.matter).toBe(FINDINGS.waiting_for_server);
  expect(complaint?.cases.map(({ detail }) => detail)).toEqual(["repo shop, python", ""]);
});

test("a finding about no task keeps its whole message", () => {
  const counter = {
    ...finding("counter_differs", 1, "", "error"),
    task_id: null,
    task_key: null,
    task_title: null,
    task_status: null,
    message: "servers.active_tasks of x is 2; the rows say 1.",
  };
  const [complaint] = complaintsOf([counter, counter]);
  expect(complaint?.cases.map(({ detail }) => detail)).toEqual([counter.message, counter.message]);
  expect(new Set(complaint?.cases.map(({ id }) => id)).size).toBe(2);
});

test("a matter that a newer hub found is shown in its own words", () => {
  const strange = { ...finding("stuck", 1), code: "eaten_by_dog" as FindingCode, message: "DEMO-1: Eaten by a dog." };
  const [complaint] = complaintsOf([strange]);
  expect(complaint?.matter).toBe("DEMO-1: Eaten by a dog.");
  expect(complaint?.cases[0]?.detail).toBe("DEMO-1: Eaten by a dog.");
});

test("what goes on by itself is not urgent", () => {
  expect(
    [finding("blocked", 1, "", "info"), finding("review", 2), finding("stuck", 3, "", "error")].map(isUrgent),
  ).toEqual([false, true, true]);
});
