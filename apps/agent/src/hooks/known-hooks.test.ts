import { expect, test } from "vitest";
import { isToolEvent, knownHooks, refusal } from "./known-hooks.ts";

test.each([
  ["claude", "PreToolUse"],
  ["codex", "PreToolUse"],
  ["codex", "PermissionRequest"],
  ["gemini", "BeforeTool"],
  ["opencode", "tool.execute.before"],
])("%s asks in %s, where no answer would be a yes", (agent, event) => {
  const use = { tool_name: "Bash", tool_input: { command: "ls" }, tool: "bash", input: { command: "ls" }, cwd: "/" };
  const hooks = knownHooks(agent);
  const tools = hooks?.read(event, use).filter(({ kind }) => kind === "tool");
  expect(tools).toHaveLength(1);
  expect(isToolEvent(event)).toBe(true);
  expect(refusal(agent, event, "No.")).toEqual(hooks?.answerTool(event, { decision: "deny", reason: "No." }));
  expect(refusal(agent, event, "No.").stdout).toContain("deny");
});

test.each(["SessionStart", "Stop", "PostToolUse", "AfterTool", "AfterAgent", "Notification", "session.status"])(
  "%s asks for nothing, and nothing is refused there",
  (event) => {
    expect(isToolEvent(event)).toBe(false);
    expect(refusal("claude", event, "No.")).toEqual({ stdout: "", exitCode: 0 });
  },
);
