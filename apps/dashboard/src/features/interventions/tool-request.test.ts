import { toolRequestContext } from "@orchestratia/protocol/tool-request-context";
import { expect, test } from "vitest";
import { askedTool } from "./tool-request.ts";

const ask = (agent: string, tool: string, input: unknown) =>
  askedTool({
    cause: "tool_request:1",
    question: `box-1 wants to use ${tool}: npm test`,
    context: toolRequestContext({ tool, agent, input, cwd: "/repo", rules: ["Bash: npm test"] }),
  });

test("a command stands by itself, and nothing else that the tool is given is left out", () => {
  expect(ask("claude", "Bash", { description: "Run\nit", command: "npm test", timeout: 3 })).toMatchObject({
    session: "box-1",
    cwd: "/repo",
    main: { label: "Command", text: "npm test" },
    rest: [
      { label: "description", text: "Run\nit" },
      { label: "timeout", text: "3" },
    ],
    rules: ["Bash: npm test"],
  });
  expect(ask("gemini", "write_file", { file_path: "a.ts", content: "x" })?.main).toEqual({
    label: "File",
    text: "a.ts",
  });
});

test("of a tool that is not known all is shown as it is given", () => {
  const input = { key: "a\u202eb" };
  expect(ask("claude", "mcp__store", input)?.main.text).toBe('{\n  "key": "a\\u{202e}b"\n}');
  expect(ask("claude", "Bash", { command: ["a"] })?.main.text).toContain('"a"');
});

test("other questions are none", () => {
  expect(askedTool({ cause: null, question: "Which?", context: null })).toBeUndefined();
  expect(askedTool({ cause: "tool_request:1", question: "Which?", context: "odd" })).toBeUndefined();
});
