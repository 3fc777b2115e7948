import { problems } from "@orchestratia/protocol/problems";
import { expect, test } from "vitest";
import { EXIT, EXIT_MEANINGS, exitOfStatus } from "./exit-codes.ts";

test.each(Object.entries(problems))("%s has an exit code that says what kind of refusal it is", (_, { status }) => {
  const code = exitOfStatus(status);
  expect(Object.values(EXIT)).toContain(code);
  expect(code).toBeGreaterThan(EXIT.usage);
});

test("no two kinds share a code, and each is explained", () => {
  expect(new Set(Object.values(EXIT)).size).toBe(Object.keys(EXIT).length);
  expect(Object.keys(EXIT_MEANINGS)).toEqual(Object.keys(EXIT));
});
