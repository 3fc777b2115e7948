import { expect, test } from "vitest";
import { CALLER_ROLES, type CallerRole, mayCall } from "./may-call.ts";
import type { Access, Door, Operation } from "./operation.ts";

const operation = (door: Door, access: Access, method: Operation["method"] = "POST") => ({ door, access, method });

const lets = (door: Door, access: Access, method?: Operation["method"]): CallerRole[] =>
  CALLER_ROLES.filter((role) => mayCall({ role }, operation(door, access, method)));

test("the public door lets everybody in", () => {
  expect(lets("public", "anyone")).toEqual([...CALLER_ROLES]);
});

test("at the people's door each role may what the ones below may, and the hub's token whatever is no person's own", () => {
  expect(lets("people", "signed_in")).toEqual(["account", "viewer", "member", "owner", "admin", "hub"]);
  expect(lets("people", "person")).toEqual(["account", "viewer", "member", "owner", "admin"]);
  expect(lets("people", "sign_in")).toEqual(["account", "viewer", "member", "owner", "admin"]);
  expect(lets("people", "viewer")).toEqual(["viewer", "member", "owner", "admin", "hub"]);
  expect(lets("people", "member")).toEqual(["member", "owner", "admin", "hub"]);
  expect(lets("people", "owner")).toEqual(["owner", "admin", "hub"]);
  expect(lets("people", "admin")).toEqual(["admin", "hub"]);
});

test("machines come in by their own doors only", () => {
  expect(lets("agents", "worker")).toEqual(["server", "worker", "orchestrator"]);
  expect(lets("agents", "orchestrator")).toEqual(["server", "orchestrator"]);
  expect(lets("daemons", "server")).toEqual(["server"]);
});

test("access that makes no sense at a door lets nobody in", () => {
  expect(lets("people", "server")).toEqual(["hub"]);
  expect(lets("people", "anyone")).toEqual(["hub"]);
});

test("a token that may only read calls nothing but GET", () => {
  const reads = (role: CallerRole, method: Operation["method"]) =>
    mayCall({ role, readOnly: true }, operation("people", "viewer", method));
  expect(reads("admin", "GET")).toBe(true);
  expect(reads("account", "GET")).toBe(false);
  for (const method of ["POST", "PUT", "PATCH", "DELETE"] as const) expect(reads("admin", method)).toBe(false);
});

test("what needs somebody's own sign-in is closed to every token", () => {
  const byToken = (role: CallerRole, access: Access) => mayCall({ role, byToken: true }, operation("people", access));
  for (const role of CALLER_ROLES) expect(byToken(role, "sign_in")).toBe(false);
  expect(byToken("account", "person")).toBe(true);
});
