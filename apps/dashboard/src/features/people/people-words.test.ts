import { Account } from "@orchestratia/protocol/users";
import { expect, test } from "vitest";
import { accountWords, deactivationWords, hubChangeWords, hubRoleOf } from "./people-words.ts";

const ada = Account.parse({
  id: "0190f3a0-7c1e-4bb2-9a51-6a0f6a1c2d3e",
  email: "ada@example.org",
  name: "Ada",
  role: "viewer",
  created_at: "2026-05-04T12:00:00.000Z",
  deactivated_at: null,
  has_password: true,
  sign_ins: 0,
  last_signed_in_at: null,
  projects: 0,
});

test("an account is told in one line", () => {
  expect(accountWords(ada)).toBe("in no projects, not signed in");
  expect(accountWords({ ...ada, projects: 1, sign_ins: 1 })).toBe("in one project, signed in once");
  expect(accountWords({ ...ada, projects: 3, sign_ins: 2, has_password: false })).toBe(
    "in 3 projects, signed in 2 times, no password",
  );
});

test("a change of role is told before it is made; what is no role is the one that may least", () => {
  expect(hubChangeWords("Ada", false, "admin")).toMatch(/^Ada becomes an admin\. Admins do everything/);
  expect(hubChangeWords("Ada", true, "viewer")).toMatch(/^You become a user\. /);
  expect(hubRoleOf("owner")).toBe("viewer");
});

test("what a deactivation ends is told to whoever does it, otherwise for oneself", () => {
  expect(deactivationWords("Ada", false)).toMatch(/^Every sign-in, access token and reset link of Ada ends/);
  expect(deactivationWords("Ada", true)).toMatch(/^You are signed out everywhere/);
});
