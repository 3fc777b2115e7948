import { expect, test } from "vitest";
import { filesInQuestion, judge, type ToolRule, type ToolUseThere } from "./tool-rules.ts";
import { BUILT_IN_RULES } from "./tool-rules-built-in.ts";

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
const bash = (command: string): ToolUseThere => ({
  agent: "claude",
  server: "here",
  cwd: "/repo",
  home: "/home/ada",
  tool: "Bash",
  input: { command },
});

test("an agent may report on its tasks without a rule of the project, and not beside one", () => {
  const judged = (command: string, ...more: string[]) =>
    judge([...BUILT_IN_RULES, ...more.map(rule)], bash(command)).decision;
  expect(judged("orchestratia task check")).toBe("allow");
  expect(judged("orchestratia task note A-1 --content 'done; next'")).toBe("allow");
  expect(judged("orchestratia remote exec box 'ls'")).toBe("ask");
  expect(judged("orchestratia task check; ls")).toBe("ask");
  expect(judged("/tmp/orchestratia task check")).toBe("ask");
  expect(judged("orchestratia task check", "deny Bash orchestratia*")).toBe("deny");
});

test.each<[rules: string[], command: string, decision: string]>([
  [[], 'task complete K --result \'{"a": "@b"}\'', "allow"],
  [[], "task complete K --result done", "allow"],
  [[], "task output add K --content - <<'EOF'\n@all $x\nEOF", "allow"],
  [[], "task create --title T --structured-spec '{\"a\": 1}'", "allow"],
  [[], "task complete K --result @/home/ada/.ssh/id_rsa", "ask"],
  [[], "task complete K --result=@/home/ada/.ssh/id_rsa", "ask"],
  [[], "task complete K --result ''@/home/ada/.ssh/id_rsa", "ask"],
  [[], 'task complete K --result @"$x"', "ask"],
  [[], "task complete K --result $x", "ask"],
  [[], `task complete K$\{x:+ --result @/home/ada/.ssh/id_rsa}`, "ask"],
  [[], "task create --title T --spec @/home/ada/.ssh/id_rsa", "ask"],
  [[], "task create --title T --structured-spec /home/ada/.ssh/id_rsa", "ask"],
  [[], "task create --title T --structured-spec=/home/ada/.ssh/id_rsa", "ask"],
  [[], "task output add K --content - < /home/ada/.ssh/id_rsa", "ask"],
  [["allow Read result.json"], "task complete K --result @result.json", "allow"],
  [["allow Read result.json"], "task output add K --content - < result.json", "allow"],
  [["allow Read *"], "task complete K --result $x", "allow"],
  [["allow Read /repo/*"], "task complete K --result @../etc/passwd", "ask"],
  [["allow Bash"], "task complete K --result @result.json", "allow"],
  [["allow Bash orchestratia task *"], "task complete K --result $x", "allow"],
  [["allow Bash orchestratia task *"], "task complete K --content - < x", "allow"],
  [["allow Bash orchestratia task *"], "task complete K --result @x", "ask"],
  [["allow Bash", "deny Read ~/.ssh/*"], "task complete K --result @/home/ada/.ssh/id", "deny"],
  [["allow Bash", "deny Read ~/.ssh/*"], "task create --structured-spec /home/ada/.ssh/id", "deny"],
  [["deny Read ~/.ssh/*"], "task output add K --content - < /home/ada/.ssh/id", "deny"],
])("a report shows the hub no file that nobody allowed: %j: %j is %s", (rules, command, decision) => {
  const given = [...rules.map(rule), ...BUILT_IN_RULES];
  expect(judge(given, bash(`orchestratia ${command}`)).decision).toBe(decision);
});

test("the links of files that the hub is shown are followed, and what is offered allows just those", () => {
  const use = bash("nohup orchestratia task complete K --result @a --content - < b");
  expect(filesInQuestion(use)).toEqual(["b", "a"]);
  const asked = judge(BUILT_IN_RULES, use).parts.filter(({ decision }) => decision === "ask");
  expect(asked.map(({ shown, allowance }) => [shown, allowance?.tool_pattern, allowance?.param_pattern])).toEqual([
    ["< b", "Read", "/repo/b"],
    ["@a", "Read", "/repo/a"],
  ]);
  const rules = [...asked.map(({ allowance }) => ({ ...rule("allow x"), ...allowance })), ...BUILT_IN_RULES];
  expect(judge(rules, use).decision).toBe("allow");
  expect(judge(rules, { ...use, realPaths: { a: "/home/ada/.ssh/id" } }).decision).toBe("ask");
});
