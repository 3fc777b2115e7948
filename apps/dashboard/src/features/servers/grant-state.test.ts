import { expect, test } from "vitest";
import { grantState } from "./grant-state.ts";

const then = "2026-03-01T10:00:00.000Z";
const none = { expires_at: null, revoked_at: null };

test.each([
  ["a key without an end", { good: true, ...none }, "good", "Good"],
  ["a key that was revoked before it expired", { good: false, expires_at: then, revoked_at: then }, "off", "Revoked"],
  ["a key whose time is over", { good: false, expires_at: then, revoked_at: null }, "off", "Expired"],
  ["a token that a machine registered with", { good: false, ...none, expires_at: then, used_at: then }, "off", "Used"],
])("%s", (_name, grant, tone, word) => {
  expect(grantState(grant)).toEqual({ tone, word });
});

test("what ends says when; of keys that is news, of tokens it is not", () => {
  const ends = { good: true, expires_at: then, revoked_at: null };
  const word = `Good until ${new Date(then).toLocaleString()}`;
  expect(grantState(ends)).toEqual({ tone: "attention", word });
  expect(grantState({ ...ends, used_at: null })).toEqual({ tone: "good", word });
});
