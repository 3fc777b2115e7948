import { expect, test } from "vitest";
import { decidedBy, usedOn } from "./decision-words.ts";

test("a decision is told with what it was about and who decided", () => {
  const bash = { agent_name: "claude", tool_name: "Bash", tool_input: { command: "git push", timeout: 3 } };
  expect(usedOn(bash)).toBe("git push");
  expect(usedOn({ ...bash, agent_name: "claude_code" })).toBe("git push");
  expect(usedOn({ ...bash, agent_name: "gemini" })).toBe('{"command":"git push","timeout":3}');
  expect(usedOn({ ...bash, tool_input: { cut: true, beginning: "abc" } })).toBe("abc…");
  expect(usedOn({ ...bash, tool_input: null })).toBe("");
  expect(decidedBy({ reason: "Ada allowed it.", matched_rule_id: null }, [])).toBe("Ada allowed it.");
  expect(decidedBy({ reason: null, matched_rule_id: "a" }, [{ id: "a", name: "git" }])).toBe("By the rule “git”.");
  expect(decidedBy({ reason: null, matched_rule_id: null }, [])).toBe("No rule said anything.");
});
