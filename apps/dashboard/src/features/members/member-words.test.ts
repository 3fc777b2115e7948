import { expect, test } from "vitest";
import { changeWords, maySettle } from "./member-words.ts";

test("owners and the hub's admins settle who is in the project, nobody else", () => {
  expect(maySettle({ role: "owner" }, "viewer")).toBe(true);
  expect(maySettle({ role: null }, "admin")).toBe(true);
  expect(maySettle({ role: "viewer" }, "admin")).toBe(true);
  expect(maySettle({ role: "member" }, "viewer")).toBe(false);
  expect(maySettle({ role: "viewer" }, undefined)).toBe(false);
});

test("a change of role is told before it is made", () => {
  expect(changeWords("Ada", false, "viewer")).toBe("Ada becomes a viewer. Viewers see everything and change nothing.");
  expect(changeWords("Ada", true, "owner")).toMatch(/^You become an owner\. /);
});
