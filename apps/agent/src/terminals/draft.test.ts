import { expect, test } from "vitest";
import { Draft } from "./draft.ts";

const cases: [what: string, typed: string[], cursorLine: string, stands: boolean][] = [
  ["what was begun", ["fix", " the"], "> fix the", true],
  ["what was entered", ["fix the\r"], "> ", false],
  ["what was taken back", ["fi\x7f\x7f"], "> ", false],
  ["what was taken back in part", ["fix\x7f"], "> fi", true],
  ["what Ctrl-U cleared", ["fix\x15"], "> ", false],
  ["keys that move and scroll", ["\x1b[A\x1bOB\x1b[<64;10;10M"], "> ", false],
  ["a key that a dialog took", ["y"], "> ", false],
  ["a paste of lines, which Enter does not end", ["\x1b[200~one\rtwo\x1b[201~"], "> one two", true],
  ["a paste in two pieces", ["\x1b[200~one\r", "two\x1b[201~"], "> one two", true],
  ["a paste that was entered", ["\x1b[200~one\rtwo\x1b[201~\r"], "> ", false],
  ["nothing", [], "> ", false],
];

test.each(cases)("%s: %j before %j stands: %s", (_what, typed, cursorLine, stands) => {
  const draft = new Draft();
  for (const text of typed) draft.typed(Buffer.from(text));
  expect(draft.stands(cursorLine)).toBe(stands);
});
