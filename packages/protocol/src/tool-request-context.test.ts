import fc from "fast-check";
import { expect, test } from "vitest";
import { readToolRequestContext, toolRequestContext } from "./tool-request-context.ts";

const bash = { tool: "Bash", agent: "claude" };
const line = fc.string({ unit: fc.constantFrom("a", " ", "“", ":", "{", "}", "Why: ", "Input: ", "Folder: ", "\\") });

test("what was written is read again, whatever an agent puts into it", () => {
  const told = fc.record(
    {
      tool: line,
      agent: line,
      reason: line,
      cwd: line,
      input: fc.jsonValue(),
      rules: fc.array(line.filter((text) => text !== "")),
    },
    { requiredKeys: ["tool", "agent", "input", "rules"] },
  );
  fc.assert(
    fc.property(told, (context) => {
      const expected = { hidden: 0, ...context, input: JSON.parse(JSON.stringify(context.input)) };
      expect(readToolRequestContext(toolRequestContext(context))).toEqual(expected);
    }),
  );
});

test("characters that cannot be seen are written out, and are there again when it is read", () => {
  const input = { command: "a\u202eb\u200b\\u{202e}\u2028c\u0000\nd" };
  const text = toolRequestContext({ ...bash, reason: "one\ntwo\u202e", input, rules: ["Bash: x\ny"] });
  expect(text).not.toMatch(/[\u202e\u200b\u2028\0]/);
  expect(readToolRequestContext(text)).toEqual({
    ...bash,
    reason: "one\\ntwo\\u{202e}",
    input,
    hidden: 0,
    rules: ["Bash: x\\ny"],
  });
});

test("of a long input the beginning is told, and how much is missing", () => {
  const read = readToolRequestContext(
    toolRequestContext({ ...bash, input: { content: "x".repeat(20_000) }, rules: [] }),
  );
  expect(read?.hidden).toBeGreaterThan(3000);
  expect(read?.input).toMatch(/^\{\n {2}"content": "x+$/);
});

test("another text is none", () => {
  expect(readToolRequestContext("Which colour?")).toBeUndefined();
});
