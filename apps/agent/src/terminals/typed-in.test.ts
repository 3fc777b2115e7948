import { expect, test } from "vitest";
import { isTypedIn, standsAlready } from "./typed-in.ts";

const line = 'A task is waiting for you: run "orchestratia task check" and follow it.';

test.each([
  ["demo> ", false],
  ["", false],
  [`demo> ${line}`, true],
  [`│ > ${line}`, true],
  ["│   follow it.", true],
  ["follow it.", true],
  ["$ ", false],
  ["demo> A task is waiting for you: ru", false],
  ["Working on it.", false],
])("what stands before the cursor in %j is the typed line: %j", (cursorLine, isTyped) => {
  expect(isTypedIn(line, cursorLine)).toBe(isTyped);
});

test("a short line is known as a whole", () => {
  expect(isTypedIn("go", "> go")).toBe(true);
  expect(isTypedIn("go", "> gogo")).toBe(true);
  expect(isTypedIn("go", "> stop")).toBe(false);
});

test("only a long line that is there to its end surely stands there already", () => {
  expect(standsAlready(line, `demo> ${line}`)).toBe(true);
  expect(standsAlready(line, "follow it.")).toBe(false);
  expect(standsAlready("y", "Really?y")).toBe(false);
});
