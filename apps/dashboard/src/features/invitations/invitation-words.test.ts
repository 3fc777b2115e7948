import { expect, test } from "vitest";
import { fateWords } from "./invitation-words.ts";

test("an invitation says what has become of it", () => {
  const now = Date.parse("2026-05-04T12:00:00Z");
  const fresh = {
    good: true,
    accepted_at: null,
    accepted_by: null,
    revoked_at: null,
    expires_at: "2026-05-09T12:00:00.000Z",
  };
  expect(fateWords(fresh, now)).toMatch(/^good until .*9/);
  expect(fateWords({ ...fresh, good: false }, now)).toMatch(/may not invite/);
  expect(fateWords({ ...fresh, good: false, expires_at: "2026-05-04T12:00:00.000Z" }, now)).toBe("too old");
  expect(fateWords({ ...fresh, good: false, revoked_at: "2026-05-03T12:00:00.000Z" }, now)).toBe("revoked");
  const accepted = { ...fresh, good: false, accepted_at: "2026-05-03T12:00:00.000Z" };
  expect(fateWords(accepted, now)).toBe("accepted");
});
