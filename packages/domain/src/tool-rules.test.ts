import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readShellUse } from "./shell-command-parts.ts";
import { filesInQuestion, judge, type ToolRule, type ToolUseThere } from "./tool-rules.ts";
import { GAP, mayMatch, surelyMatches } from "./tool-rules-glob.ts";
import { toolUseOn } from "./tool-rules-tools.ts";

let made = 0;
/** "deny Bash rm *" as a rule; without a third word for whatever it is used on. */
const rule = (text: string, more: Partial<ToolRule> = {}): ToolRule => {
  const [action, tool_pattern = "*", ...param] = text.split(" ");
  made += 1;
  return {
    id: `rule-${made}`,
    name: text,
    tool_pattern,
    param_pattern: param.length > 0 ? param.join(" ") : null,
    action: action as ToolRule["action"],
    agents: [],
    server_id: null,
    ...more,
  };
};
const there = { agent: "claude", server: "here", cwd: "/repo", home: "/home/ada" };
const bash = (command: unknown, more: Partial<ToolUseThere> = {}): ToolUseThere => ({
  ...there,
  tool: "Bash",
  input: { command },
  ...more,
});
const file = (tool: string, file_path: unknown, more: Partial<ToolUseThere> = {}): ToolUseThere => ({
  ...there,
  tool,
  input: { file_path },
  ...more,
});
const decide = (rules: string[], use: ToolUseThere) =>
  judge(
    rules.map((text) => rule(text)),
    use,
  ).decision;

describe("a command is judged part by part", () => {
  test.each<[rules: string[], command: string, decision: string]>([
    [[], "git status", "ask"],
    [["allow Bash git *"], "git status", "allow"],
    [["allow Bash git *"], "git status; anything", "ask"],
    [["allow Bash git *"], "git status && git diff | cat", "ask"],
    [["allow Bash git *", "allow Bash cat"], "git status && git diff | cat", "allow"],
    [["allow Bash git *"], "git log $(rm x)", "ask"],
    [["allow Bash git *"], "git log `rm x`", "ask"],
    [["allow Bash git *"], "git log <(rm x)", "ask"],
    [["allow Bash git *"], "git log\nrm x", "ask"],
    [["allow Bash git *"], "git commit -m 'a\nrm x'", "allow"],
    [["allow Bash git *"], "git commit -m '''; rm x; '''", "allow"],
    [["allow Bash git *"], "git commit -m ''; rm x; ''", "ask"],
    [["allow Bash git *"], "git 'status; rm x'", "allow"],
    [["allow Bash git *"], "'git status' x", "ask"],
    [["allow Bash git *"], "git\u00a0status", "ask"],
    [["allow Bash git *"], "GIT_SSH_COMMAND=x git fetch", "ask"],
    [["allow Bash git *"], "PATH=/x; git fetch", "ask"],
    [["allow Bash git *"], "/tmp/git status", "ask"],
    [["allow Bash git *"], "git() { rm x; }; git status", "ask"],
    [["allow Bash git *"], "$(echo git) status", "ask"],
    [["allow Bash git *"], "case x in x) rm x;; esac", "ask"],
    [["allow Bash git *"], "git {status,x}", "allow"],
    [["allow Bash git status"], "git status", "allow"],
    [["allow Bash git status"], "git  'stat'us", "allow"],
    [["allow Bash git status"], "git status -x", "ask"],
    [["allow Bash git status"], "'git status'", "ask"],
    [["allow Bash cat $HOME/notes"], "cat $HOME/notes", "allow"],
    [["allow Bash cat a?"], "cat $x", "ask"],
    [["allow Bash *"], "git status; rm x", "allow"],
    [["allow Bash *"], "git status > x", "ask"],
    [["allow Bash"], "git status > x", "allow"],
    [["allow Bash"], "case x in x) rm x;; esac", "allow"],
    [["allow Bash", "deny Bash rm *"], "case x in x) rm x;; esac", "ask"],
    [["allow Bash", "deny Bash"], "git status", "deny"],
    [["allow Bash *", "deny Bash rm *"], "ls; rm x", "deny"],
    [["allow Bash *", "deny Bash rm *"], "r'm' x", "deny"],
    [["allow Bash *", "deny Bash rm *"], "\\rm x", "deny"],
    [["allow Bash *", "deny Bash rm *"], "/bin/rm x", "deny"],
    [["allow Bash *", "deny Bash rm *"], "A=1 rm x", "deny"],
    [["allow Bash *", "deny Bash rm *"], "echo 'rm x'", "allow"],
    [["allow Bash *", "deny Bash rm *"], "$x x", "ask"],
    [["allow Bash *", "deny Bash rm -rf /*"], "rm -rf $x", "ask"],
    [["allow Bash *", "deny Bash rm -rf /*"], "rm {-rf,/}", "ask"],
    [["allow Bash *", "deny Bash rm -rf /*"], "rm -rf '/a b'", "deny"],
    [["allow Bash *", "deny Bash rm -rf /*"], "rm -rf ~/x", "ask"],
    [["allow Bash *", "ask Bash git push*"], "git push", "ask"],
    [["allow Bash *", "ask Bash git push*", "deny Bash git push*"], "git push", "deny"],
  ])("%j: %j is %s", (rules, command, decision) => {
    expect(decide(rules, bash(command))).toBe(decision);
  });
});

describe("programs that run others", () => {
  test.each<[rules: string[], command: unknown, decision: string]>([
    [["allow Bash git *"], "nohup git status", "allow"],
    [["allow Bash git *"], "timeout -s KILL 5 nice -n 3 git status", "allow"],
    [["allow Bash git *"], "time git status", "allow"],
    [["allow Bash git *"], "env git status", "allow"],
    [["allow Bash git *"], "env A=1 git status", "ask"],
    [["allow Bash git *"], "env -S 'git status'", "ask"],
    [["allow Bash git *"], "sudo git status", "ask"],
    [["allow Bash git *", "allow Bash sudo git *"], "sudo git status", "allow"],
    [["allow Bash git *"], "bash -c 'git status'", "allow"],
    [["allow Bash git *"], "bash -lc 'git status; rm x'", "ask"],
    [["allow Bash bash *"], "bash -c 'rm x'", "ask"],
    [["allow Bash git *"], ["bash", "-lc", "git status"], "allow"],
    [["allow Bash git *"], ["bash", "-lc", "git status | sh"], "ask"],
    [["allow Bash git *"], ["git", "status"], "allow"],
    [["allow Bash git *"], "eval git status", "allow"],
    [["allow Bash git *"], "eval 'git status; rm x'", "ask"],
    [["allow Bash *"], "eval $x", "ask"],
    [["allow Bash *"], "nohup $x", "ask"],
    [["allow Bash *"], "time $x", "ask"],
    [["allow Bash *"], "find . -exec {} +", "ask"],
    [["allow Bash *"], 'bash -c "$x"', "ask"],
    [["allow Bash git *"], "ls | xargs git add", "ask"],
    [["allow Bash xargs *", "allow Bash git add *", "allow Bash ls"], "ls | xargs git add", "allow"],
    [["allow Bash xargs *", "allow Bash ls"], "ls | xargs git add", "ask"],
    [["allow Bash find *"], "find . -name x", "allow"],
    [["allow Bash find *"], "find . -exec rm {} +", "ask"],
    [["allow Bash find *", "allow Bash grep *"], "find . -exec grep x {} \\;", "allow"],
    [["allow Bash *", "deny Bash rm *"], "sudo -u root rm x", "deny"],
    [["allow Bash *", "deny Bash rm *"], "env -u A B=1 rm x", "deny"],
    [["allow Bash *", "deny Bash rm *"], "bash -c 'bash -c \"rm x\"'", "deny"],
    [["allow Bash *", "deny Bash rm *"], "timeout 5 sh -ec 'rm x'", "deny"],
    [["allow Bash *", "deny Bash rm *"], "ls | xargs -n 1 rm", "deny"],
    [["allow Bash *", "deny Bash rm *"], "ls | xargs -I @ rm -f @", "deny"],
    [["allow Bash *"], "ls | xargs -I @ sh -c 'rm @'", "ask"],
    [["allow Bash *", "allow Bash xargs *"], "ls | xargs -I{} git add {}", "allow"],
    [["allow Bash *", "deny Bash rm *"], "find . -exec rm {} +", "deny"],
    [["allow Bash *", "deny Bash rm *"], "trap 'rm x' EXIT", "deny"],
    [["allow Bash *", "deny Bash rm *"], "exec rm x", "deny"],
    [["allow Bash *", "deny Bash rm *"], "command rm x", "deny"],
    [["allow Bash *", "deny Bash rm *"], "busybox rm x", "deny"],
    [["allow Bash *", "deny Bash rm *"], "echo rm x | sh", "ask"],
    [["allow Bash *", "deny Bash rm *"], "sh <<'EOF'\nrm x\nEOF", "ask"],
    [["allow Bash *", "deny Bash rm *"], "su -c 'rm x'", "ask"],
    [["allow Bash *", "deny Bash rm *"], "sudo --new-option rm x", "ask"],
    [["allow Bash *", "deny Bash rm *"], "bash script.sh", "allow"],
    [["allow Bash *"], `${"eval ".repeat(30)}ls`, "ask"],
  ])("%j: %j is %s", (rules, command, decision) => {
    expect(decide(rules, bash(command))).toBe(decision);
  });
});

describe("files that a command opens", () => {
  test.each<[rules: string[], command: string, decision: string]>([
    [["allow Bash echo *"], "echo a > out/x", "ask"],
    [["allow Bash echo *", "allow Write out/*"], "echo a > out/x", "allow"],
    [["allow Bash echo *", "allow Write /repo/out/*"], "echo a > out/x", "allow"],
    [["allow Bash echo *", "allow Write out/*"], "echo a > out/../x", "ask"],
    [["allow Bash echo *", "allow Write out/*"], "cd /etc; echo a > out/x", "ask"],
    [["allow Bash echo *", "allow Bash cd *", "allow Write out/*"], "cd /etc; echo a > out/x", "ask"],
    [["allow Bash echo *", "allow Write out/*"], "echo a > out/$x", "ask"],
    [["allow Bash echo *", "allow Write"], "echo a > out/$x", "allow"],
    [["allow Bash echo *"], "echo a > /dev/null 2>&1", "allow"],
    [["allow Bash", "deny Write *.env"], "echo a > x.env", "deny"],
    [["allow Bash", "deny Write *.env"], "echo a > $x", "ask"],
    [["allow Bash", "deny Write ~/.ssh/*"], "echo a >> ~/.ssh/config", "deny"],
    [["allow Bash cat", "deny Read *.env"], "cat < .env", "deny"],
    [["allow Bash cat"], "cat < .env", "allow"],
  ])("%j: %j is %s", (rules, command, decision) => {
    expect(decide(rules, bash(command))).toBe(decision);
  });
});

describe("files of tools", () => {
  test.each<[rules: string[], use: ToolUseThere, decision: string]>([
    [["allow Edit src/*"], file("Edit", "/repo/src/a/b.ts"), "allow"],
    [["allow Edit src/*"], file("Edit", "src/a.ts"), "allow"],
    [["allow Edit src/*"], file("Edit", "/repo/src/../.git/hooks/x"), "ask"],
    [["allow Edit src/*"], file("Edit", "/elsewhere/src/a.ts"), "ask"],
    [["allow Edit src/*"], file("Write", "/repo/src/a.ts"), "ask"],
    [["allow Edit src/*"], file("MultiEdit", "/repo/src/a.ts"), "allow"],
    [["allow Edit src/*"], file("Edit", undefined), "ask"],
    [["allow Edit src/*"], file("Edit", "src/a\0"), "ask"],
    [["allow Edit", "deny Edit *.env"], file("Edit", 7), "ask"],
    [["allow Edit src/*"], file("Edit", "src/link", { realPaths: { "src/link": "/etc/passwd" } }), "ask"],
    [["allow Edit src/*"], file("Edit", "src/link", { realPaths: { "src/link": "/repo/src/a" } }), "allow"],
    [["allow Edit", "deny Edit /etc/*"], file("Edit", "a", { realPaths: { a: "/etc/passwd" } }), "deny"],
    [["allow Edit", "deny Edit /etc/*"], file("Edit", "../etc/passwd"), "deny"],
    [["allow Read ~/notes/*"], file("Read", "/home/ada/notes/x"), "allow"],
    [["deny Read ~/.ssh/*", "allow Read"], file("Read", "~/.ssh/id"), "deny"],
  ])("%j: %j is %s", (rules, use, decision) => {
    expect(decide(rules, use)).toBe(decision);
  });

  test("a patch is allowed when every file in it is", () => {
    const patch = (...files: string[]) =>
      `*** Begin Patch\n${files.map((name) => `*** Update File: ${name}\n@@\n-a\n+b\n`).join("")}*** End Patch`;
    const use = (input: string): ToolUseThere => ({ ...there, agent: "codex", tool: "apply_patch", input: { input } });
    expect(decide(["allow Edit src/*"], use(patch("src/a", "src/b")))).toBe("allow");
    expect(decide(["allow Edit src/*"], use(patch("src/a", "b")))).toBe("ask");
    expect(decide(["allow Edit src/*"], use("*** Begin Patch\n*** Odd File: x\n*** End Patch"))).toBe("ask");
    expect(decide(["allow Edit src/*"], use("rm\nx"))).toBe("ask");
  });

  test("the files that links may hide are those of the tool and of redirections", () => {
    expect(filesInQuestion(file("Edit", "src/a"))).toEqual(["src/a"]);
    expect(filesInQuestion(bash("a > b < 'c d' >> $x; bash -c 'e > f'"))).toEqual(["b", "f", "c d"]);
    const rules = [rule("allow Bash a"), rule("allow Write b")];
    expect(judge(rules, bash("a > b")).decision).toBe("allow");
    expect(judge(rules, bash("a > b", { realPaths: { b: "/etc/x" } })).decision).toBe("ask");
  });
});

describe("tools", () => {
  test("a rule speaks of an agent's tool by its own name or by the one that all share", () => {
    const use = { ...there, agent: "gemini", tool: "run_shell_command", input: { command: "git status" } };
    expect(decide(["allow Bash git *"], use)).toBe("allow");
    expect(decide(["allow run_shell_* git *"], use)).toBe("allow");
    expect(decide(["allow Bash git *"], { ...use, agent: "claude" })).toBe("ask");
    expect(decide(["allow bash git *"], use)).toBe("ask");
  });

  test("of a tool that we do not know any text may be what is forbidden, and only all of it what is allowed", () => {
    const use = { ...there, tool: "mcp__db__query", input: { text: ["drop table x"], limit: 1 } };
    expect(decide(["allow mcp__db__*"], use)).toBe("allow");
    expect(decide(["allow mcp__db__* *"], use)).toBe("allow");
    expect(decide(["allow mcp__db__* select *"], use)).toBe("ask");
    expect(decide(["allow mcp__db__*", "deny mcp__db__* drop *"], use)).toBe("deny");
    const large = { ...use, input: { text: "x".repeat(100_000) } };
    expect(decide(["allow mcp__db__*", "deny mcp__db__* drop *"], large)).toBe("ask");
  });

  test("a command that is no text is asked about", () => {
    for (const command of [undefined, null, 7, {}, [1]])
      expect(decide(["allow Bash git *"], bash(command))).toBe("ask");
    expect(decide([], bash(""))).toBe("ask");
  });

  test("names that every object has are no tools", () => {
    expect(decide(["allow Bash"], { ...there, agent: "constructor", tool: "toString", input: {} })).toBe("ask");
  });
});

describe("which rule it is", () => {
  test("rules of other agents and other servers do not hold", () => {
    const other = [rule("allow Bash", { agents: ["gemini"] }), rule("allow Bash", { server_id: "there" })];
    expect(judge(other, bash("ls")).decision).toBe("ask");
    expect(judge([rule("allow Bash", { agents: ["gemini", "claude"] })], bash("ls")).decision).toBe("allow");
    expect(judge([rule("allow Bash", { server_id: "here" })], bash("ls")).decision).toBe("allow");
  });

  test("of equals the narrowest is named, and whatever its scope deny wins", () => {
    const project = rule("allow Bash ls*");
    const server = rule("allow Bash ls*", { server_id: "here" });
    const agent = rule("allow Bash ls*", { agents: ["claude"] });
    expect(judge([project, server, agent], bash("ls")).rule).toBe(agent);
    expect(judge([project, server], bash("ls")).rule).toBe(server);
    const denied = rule("deny Bash");
    expect(judge([agent, server, denied], bash("ls")).rule).toBe(denied);
  });

  test("the reason says which rule and which part it is about", () => {
    const rules = [rule("allow Bash git *"), rule("deny Bash rm *")];
    expect(judge(rules, bash("git status; rm x")).reason).toBe("The rule “deny Bash rm *” forbids it (for: rm x).");
    expect(judge(rules, bash("git status; ls")).reason).toBe("No rule allows it (for: ls).");
    expect(judge(rules, bash("case")).reason).toBe("What it would run is not certain: case is not taken apart.");
    expect(judge(rules, bash("git status; ls")).parts.map(({ shown, decision }) => [shown, decision])).toEqual([
      ["git status", "allow"],
      ["ls", "ask"],
    ]);
  });
});

describe("globs", () => {
  test("are no regular expressions, whatever is in them", () => {
    expect(surelyMatches("a.c", ["abc"])).toBe(false);
    expect(surelyMatches("[ab]", ["a"])).toBe(false);
    expect(surelyMatches("(a|b)\\", ["(a|b)\\"])).toBe(true);
    expect(surelyMatches("日?", ["日本"])).toBe(true);
    expect(surelyMatches("?", ["👩"])).toBe(true);
  });

  test("take time by the length of both, however many stars there are", () => {
    const started = performance.now();
    expect(surelyMatches("a*".repeat(200), ["a".repeat(30_000), "b"])).toBe(true);
    expect(mayMatch(`${"a*".repeat(200)}c`, ["a".repeat(2_000), "b"])).toBe(false);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test("what surely matches also may, and literal text matches itself", () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 4 }),
      fc.constant(GAP),
      fc.record({ source: fc.string({ maxLength: 3 }) }, { requiredKeys: [] }),
    );
    const pattern = fc.array(fc.constantFrom("*", "?", "a", "b", " "), { maxLength: 8 }).map((signs) => signs.join(""));
    fc.assert(
      fc.property(pattern, fc.array(piece, { maxLength: 6 }), (glob, text) => {
        if (surelyMatches(glob, text)) expect(mayMatch(glob, text)).toBe(true);
        expect(surelyMatches("*", text)).toBe(true);
      }),
    );
  });
});

test.each<[use: ToolUseThere, allowances: (string | undefined)[]]>([
  [bash("git push; ls"), ["Bash git push", "Bash ls"]],
  [bash("git commit -m 'a b'"), [undefined]],
  [bash("ls *.ts"), [undefined]],
  [bash("ls 'a*b'"), [undefined]],
  [bash("cat $x"), [undefined]],
  [bash("case"), [undefined]],
  [bash("echo > out"), ["Bash echo", "Write /repo/out"]],
  [file("MultiEdit", "src/a.ts"), ["Edit /repo/src/a.ts"]],
  [{ ...there, agent: "gemini", tool: "run_shell_command", input: { command: "ls" } }, ["Bash ls"]],
])("what is asked tells which rule would allow just that: %j", (use, allowances) => {
  const { parts } = judge([], use);
  expect(parts.map(({ allowance: rule }) => rule && `${rule.tool_pattern} ${rule.param_pattern}`)).toEqual(allowances);
  const made = parts.flatMap(({ allowance: told }) => (told ? [{ ...rule("allow x"), ...told }] : []));
  if (!allowances.includes(undefined)) expect(judge(made, use).decision).toBe("allow");
});

test("where a rule wants a person asked, none that allows is of use", () => {
  expect(judge([rule("ask Bash git push*")], bash("git push")).parts[0]?.allowance).toBeUndefined();
});

test("no part of a command gets lost: an allowed one in front never allows what follows", () => {
  const tail = fc.constantFrom(
    "evil",
    "e'vi'l x",
    "(evil)",
    "{ evil; }",
    "if evil; then ls; fi",
    "ls $(evil)",
    "env evil",
    "A=1 evil",
    "bash -c 'evil'",
    "! evil",
  );
  const operator = fc.constantFrom("; ", " && ", " || ", " | ", " & ", "\n", ";\n", " |& ");
  fc.assert(
    fc.property(operator, tail, (between, last) => {
      expect(decide(["allow Bash git *", "allow Bash ls*"], bash(`git status${between}${last}`))).toBe("ask");
      expect(decide(["allow Bash *", "deny Bash evil*"], bash(`git status${between}${last}`))).toBe("deny");
    }),
  );
});

test("a command that says where it runs writes nowhere else", () => {
  const use = { ...there, agent: "gemini", tool: "run_shell_command" };
  const rules = ["allow Bash echo *", "allow Write out/*"];
  const going = [...rules, "allow Bash cd /etc"];
  expect(decide(rules, { ...use, input: { command: "echo a > out/x" } })).toBe("allow");
  expect(decide(going, { ...use, input: { command: "echo a > out/x", directory: "/etc" } })).toBe("ask");
  expect(decide(going, { ...use, input: { command: "echo a > /repo/out/x", directory: "/etc" } })).toBe("allow");
  expect(decide(rules, { ...use, input: { command: "echo a > /repo/out/x", directory: "/etc" } })).toBe("ask");
});

test("what is read says where relative paths may be meant from elsewhere", () => {
  const changes = (line: string) => {
    const use = readShellUse(line);
    return use.uncertain === undefined && use.changesFolder;
  };
  expect(changes("ls > x")).toBe(false);
  for (const line of ["cd a; ls > x", "pushd a", "bash -c 'cd a'", "builtin cd a"]) expect(changes(line)).toBe(true);
});

test("a tool is tried by its shared name as by its agent's own", () => {
  const rules = [rule("allow Bash git *"), rule("deny Edit *.env"), rule("deny mcp__* *secret*")];
  const tried = (agent: string, tool: string, text: string) =>
    judge(rules, { ...toolUseOn(agent, tool, text), server: "here" }).decision;
  for (const agent of ["claude", "gemini", "codex", "opencode"]) {
    expect(tried(agent, "Bash", "git status")).toBe("allow");
    expect(tried(agent, "Edit", ".env")).toBe("deny");
  }
  expect(tried("gemini", "run_shell_command", "git status; ls")).toBe("ask");
  expect(tried("claude", "mcp__store", '{"key": "a secret"}')).toBe("deny");
  expect(tried("custom", "Bash", "git status")).toBe("ask");
});
