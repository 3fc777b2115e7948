import { expect, test } from "vitest";
import { hashPassword, isPassword } from "./passwords.ts";

test("the whole hub hashes a few passwords at once, lets a bounded number wait and refuses the rest", async () => {
  const right = await hashPassword("correct horse battery");
  const asked = Array.from({ length: 100 }, () => isPassword("correct horse battery", right));
  const outcomes = await Promise.allSettled(asked);
  const refused = outcomes.filter(({ status }) => status === "rejected");
  expect(refused).toHaveLength(100 - 4 - 64);
  expect(refused[0]).toMatchObject({ reason: { code: "too_many_requests", members: { retry_after: 1 } } });
  expect(outcomes.filter((outcome) => outcome.status === "fulfilled" && outcome.value)).toHaveLength(68);
  expect(await isPassword("another", right)).toBe(false);
});
