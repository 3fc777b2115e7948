import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { agentCatalog } from "./catalog.ts";
import { shellWords, writeLaunchFiles } from "./launch.ts";

const catalog = agentCatalog([]);
/** Agent → its events before a tool, and the answers that refuse and allow one. */
const tools = {
  claude: {
    event: "PreToolUse",
    tool: "Bash",
    denied: '"permissionDecision":"deny"',
    allowed: '"permissionDecision":"allow"',
  },
  codex: { event: "PreToolUse", tool: "Bash", denied: '"permissionDecision":"deny"', allowed: "" },
  gemini: {
    event: "BeforeTool",
    tool: "run_shell_command",
    denied: '"decision":"deny"',
    allowed: '"decision":"allow"',
  },
  opencode: { event: "tool.execute.before", tool: "bash", denied: '"decision":"deny"', allowed: '"decision":"allow"' },
} as const;

describe.each(Object.entries(tools))("%s", (name, { event, tool, denied, allowed }) => {
  const agent = catalog.get(name);
  const hooks = agent?.hooks;

  test("a tool that is about to run is told with its input and where", () => {
    const input = { command: "echo hi" };
    const payload =
      name === "opencode" ? { tool, input, cwd: "/w" } : { tool_name: tool, tool_input: input, cwd: "/w" };
    expect(hooks?.read(event, payload)).toContainEqual({ kind: "tool", tool, input, cwd: "/w" });
  });

  test("foreign JSON and unknown events tell nothing", () => {
    for (const payload of [null, [], "text", 7, { cwd: 7, tool_name: [] }]) {
      expect(() => hooks?.read(event, payload)).not.toThrow();
    }
    expect(hooks?.read("NoSuchEvent", {})).toEqual([]);
    expect(hooks?.read(event, null)).toEqual([]);
  });

  test("a refusal says why, and is one also where a person cannot be asked", () => {
    expect(hooks?.answerTool(event, { decision: "deny", reason: "never" })).toMatchObject({
      stdout: expect.stringMatching(/never/),
      exitCode: 0,
    });
    expect(hooks?.answerTool(event, { decision: "deny", reason: "never" }).stdout).toContain(denied);
    expect(hooks?.answerTool(event, { decision: "allow", reason: "" }).stdout).toContain(allowed);
    if (!hooks?.canAsk) expect(hooks?.answerTool(event, { decision: "ask", reason: "" }).stdout).toContain(denied);
  });

  test("what it is launched with stands in its arguments, its environment and files of the session", () => {
    const request = {
      folder: "/s",
      cwd: "/w",
      env: {},
      hookCommand: ["/usr/bin/my node", "hook.js"],
      contextText: "Here.",
    };
    const launch = agent?.launch?.(request);
    const told = JSON.stringify(launch);
    expect(told).toContain("/usr/bin/my node");
    expect(launch?.command[0]).toBe(name);
    const resumed = agent?.launch?.({ ...request, conversation: "conv-1", task: "do it" }).command;
    expect(resumed).toEqual(expect.arrayContaining(["conv-1", "do it"]));
  });
});

test.each([
  [
    "claude",
    "StopFailure",
    { error: "rate_limit", last_assistant_message: "You have hit your limit" },
    "hit your limit",
  ],
  ["claude", "StopFailure", { error: "overloaded", last_assistant_message: "Overloaded" }, "Overloaded"],
  ["claude", "StopFailure", { error: "server_error", last_assistant_message: "API Error: 529" }, "API Error: 529"],
  [
    "opencode",
    "session.status",
    { status: { type: "retry", message: "Rate limit reached", next: Date.now() + 3_600_000 } },
    "Rate limit reached",
  ],
  ["opencode", "session.error", { error: { data: { statusCode: 529, message: "Overloaded" } } }, "Overloaded"],
])("%s: a usage limit is waited for: %s", (name, event, payload, text) => {
  expect(catalog.get(name)?.hooks?.read(event, payload)).toMatchObject([
    { kind: "status", status: "waiting", waiting: { for: "usage_limit", text: expect.stringContaining(text) } },
  ]);
});

test.each([
  ["claude", "PreToolUse", "AskUserQuestion"],
  ["gemini", "BeforeTool", "ask_user"],
])("%s: no rule is about a tool with which it asks people", (name, event, tool) => {
  const told = catalog.get(name)?.hooks?.read(event, { tool_name: tool, tool_input: {}, cwd: "/w" });
  expect(told).toEqual([{ kind: "status", status: "working" }]);
});

test("opencode: a short pause between two tries, and another error, are no usage limit", () => {
  const hooks = catalog.get("opencode")?.hooks;
  const soon = { status: { type: "retry", message: "Overloaded", next: Date.now() + 2000 } };
  expect(hooks?.read("session.status", soon)).toEqual([{ kind: "status", status: "working" }]);
  expect(
    hooks?.read("session.error", { error: { name: "MessageAbortedError", data: { message: "Aborted" } } }),
  ).toEqual([]);
});

test("words become a shell's line in which each is one word and nothing is run", () => {
  expect(shellWords(["/usr/bin/node", "it's", "$(reboot)", "a b", ""])).toBe(
    "/usr/bin/node 'it'\\''s' '$(reboot)' 'a b' ''",
  );
});

test("files of a launch are for us alone", () => {
  const folder = mkdtempSync(join(tmpdir(), "orc-launch-"));
  writeLaunchFiles(folder, { "a.json": "{}", "deep/b.md": "text" });
  expect(readFileSync(join(folder, "deep/b.md"), "utf8")).toBe("text");
  expect(statSync(join(folder, "a.json")).mode & 0o777).toBe(0o600);
  rmSync(folder, { recursive: true });
});
