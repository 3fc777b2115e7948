import { expect, test } from "vitest";
import { filesInQuestion, judge, type ToolRule, type ToolUseThere } from "./tool-rules.ts";

/** "deny Bash rm *" as a rule. */
const rule = (text: string): ToolRule => {
  const [action, tool_pattern = "*", ...param] = text.split(" ");
  return {
    id: text,
    name: text,
    tool_pattern,
    param_pattern: param.length > 0 ? param.join(" ") : null,
    action: action as ToolRule["action"],
    agents: [],
    server_id: null,
  };
};
const there = { agent: "claude", server: "here", cwd: "/repo", home: "/home/ada" };
const decide = (rules: string[], use: ToolUseThere) => judge(rules.map(rule), use).decision;

test.each<[rules: string[], input: object, decision: string]>([
  [["allow Bash git push"], { cmd: "git push" }, "allow"],
  [["allow Bash git push"], { cmd: "git push", workdir: "/other" }, "ask"],
  [["allow Bash git push"], { cmd: "git push", workdir: ["/repo"] }, "ask"],
  [["allow Bash git push"], { cmd: "git push", workdir: null }, "allow"],
  [["allow Bash git push"], { cmd: "git push", workdir: "/repo/a/.." }, "allow"],
  [["allow Bash git push", "allow Bash cd /other"], { cmd: "git push", workdir: "/other" }, "allow"],
  [["allow Bash"], { cmd: "git push", workdir: "/other" }, "allow"],
  [["allow Bash", "deny * /home/ada/.ssh*"], { cmd: "ls", workdir: "/home/ada/.ssh" }, "deny"],
])("a rule on a command allows it where the agent is: %j: %j is %s", (rules, input, decision) => {
  expect(decide(rules, { ...there, agent: "codex", tool: "exec_command", input })).toBe(decision);
});

test("where a command is to run is told with what would allow it for ever", () => {
  const input = { cmd: "git push", workdir: "/other" };
  const use = { ...there, agent: "codex", tool: "exec_command", input };
  const { parts } = judge([], use);
  const allowances = parts.map(({ allowance }) => allowance);
  expect(allowances.map((told) => told?.param_pattern)).toEqual(["git push", "cd /other"]);
  const made = allowances.map((told) => ({ ...rule("allow x"), ...told }));
  expect(judge(made, use).decision).toBe("allow");
  expect(judge(made, { ...use, input: { ...input, workdir: "/third" } }).decision).toBe("ask");
});

test.each<[rules: string[], agent: string, tool: string, input: object, decision: string]>([
  [["allow Grep x"], "claude", "Grep", { pattern: "x" }, "allow"],
  [["allow Grep x"], "claude", "Grep", { pattern: "x", path: "/home/ada" }, "ask"],
  [["allow Grep x", "allow Read src/*"], "claude", "Grep", { pattern: "x", path: "/repo/src" }, "allow"],
  [["allow Grep x", "allow Read src/a"], "claude", "Grep", { pattern: "x", path: "src" }, "ask"],
  [["allow Grep"], "claude", "Grep", { pattern: "x", path: "/home/ada" }, "allow"],
  [["allow Grep"], "claude", "Grep", { pattern: "x", path: 7 }, "allow"],
  [["allow Grep x"], "claude", "Grep", { pattern: "x", path: 7 }, "ask"],
  [["allow *", "deny * /home/ada/.ssh*"], "claude", "Grep", { pattern: "x", path: "/home/ada/.ssh" }, "deny"],
  [["allow *", "deny Grep /home/ada/.ssh*"], "claude", "Grep", { pattern: "x", path: "/home/ada/.ssh" }, "deny"],
  [["allow *", "deny Read ~/.ssh/*"], "claude", "Grep", { pattern: "x", path: "~/.ssh" }, "deny"],
  [["allow *", "deny Read ~/.ssh/*"], "claude", "Grep", { pattern: "x", path: "/home" }, "ask"],
  [["allow *", "deny Read ~/.ssh/*"], "claude", "Grep", { pattern: "x", path: "/home/ada/src" }, "allow"],
  [["allow Glob *"], "claude", "Glob", { pattern: "*", path: "/home/ada" }, "ask"],
  [["allow Grep x"], "gemini", "search_file_content", { pattern: "x", path: ".", dir_path: "/home/ada" }, "ask"],
  [["allow Glob *"], "opencode", "glob", { pattern: "*", path: "/home/ada" }, "ask"],
])("what is searched is read as well: %j: %s %s %j is %s", (rules, agent, tool, input, decision) => {
  expect(decide(rules, { ...there, agent, tool, input })).toBe(decision);
});

test("the links of what is searched are followed", () => {
  const use = { ...there, tool: "Grep", input: { pattern: "x", path: "link" } };
  expect(filesInQuestion(use)).toEqual(["link"]);
  const rules = ["allow Grep *", "allow Read *", "deny Read ~/.ssh/*"];
  expect(decide(rules, { ...use, realPaths: { link: "/repo/link" } })).toBe("allow");
  expect(decide(rules, { ...use, realPaths: { link: "/home/ada/.ssh" } })).toBe("deny");
});
