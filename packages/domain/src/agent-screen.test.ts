import { describe, expect, test } from "vitest";
import { readAgentScreen, showsShellPrompt } from "./agent-screen.ts";

const rule = "─".repeat(60);
const opencodeRule = `  ╹${"▀".repeat(60)}`;
const opencodeFoot = "   ~/work                              18 (0%)  ctrl+p commands";

const screens: [agent: string, status: string, what: string, lines: string[]][] = [
  ["claude", "idle", "its empty prompt", ["● Done.", "", rule, "> ", rule, "  ? for shortcuts", ""]],
  ["claude", "idle", "its prompt in a box", ["╭────╮", "│ >  │", "╰────╯", "  ? for shortcuts"]],
  ["claude", "working", "a spinner above the prompt", ["✻ Thinking… (12s · esc to interrupt)", rule, "> ", rule]],
  ["claude", "waiting", "a permission", ["Do you want to proceed?", "❯ 1. Yes", "  2. No"]],
  ["claude", "waiting", "the trust dialog", ["Do you trust the files in this folder?", "❯ 1. Yes, proceed"]],
  ["claude", "exited", "the shell again", ["Bye!", "ada@box:~/shop$ "]],
  ["claude", "exited", "a command that is not there", ["$ claude", "bash: claude: command not found", "$ "]],
  ["claude", "unknown", "something else", ["Loading…"]],
  ["codex", "idle", "its prompt", ["▌ Ask Codex to do anything", "", "  ⏎ send   ctrl+j newline"]],
  ["codex", "working", "work", ["• Working (3s • esc to interrupt)", "› "]],
  ["codex", "waiting", "a permission", ["Would you like to run the following command?", "› 1. Yes, proceed"]],
  ["gemini", "idle", "its prompt", ["╭────╮", "│ >   Type your message or @path/to/file │", "╰────╯"]],
  ["gemini", "working", "work", ["⠏ Thinking (esc to cancel, 5s)", "│ >   Type your message │"]],
  ["gemini", "waiting", "a permission", ["Apply this change?", "● 1. Yes, allow once"]],
  [
    "opencode",
    "idle",
    "its first prompt",
    ["  ┃", '  ┃  Ask anything... "Fix a TODO"', "  ┃  Build · Fake Fake", opencodeRule, opencodeFoot],
  ],
  [
    "opencode",
    "idle",
    "its prompt",
    ["     ▣  Build · Fake · 791ms", "  ┃", "  ┃  Build · Fake Fake", opencodeRule, opencodeFoot],
  ],
  [
    "opencode",
    "working",
    "work",
    ["  ┃  Build · Fake Fake", opencodeRule, "   ■■■⬝⬝⬝⬝⬝  esc interrupt          tab agents  ctrl+p commands"],
  ],
  [
    "opencode",
    "working",
    "work that is asked to stop",
    ["  ┃  Build · Fake", "  esc again to interrupt   ctrl+p commands"],
  ],
  [
    "opencode",
    "waiting",
    "a permission",
    [
      "  ┃  △ Permission required",
      "  ┃    # Shell command",
      "  ┃  $ echo hi > a.txt",
      "  ┃   Allow once   Allow always   Reject    ctrl+f fullscreen  ⇆ select  enter confirm",
      "  ┃",
    ],
  ],
  [
    "opencode",
    "waiting",
    "a question",
    ["  ┃  Which colour?", "  ┃  1. Red", "  ┃  ⇆ tab  ↑↓ select  enter submit  esc dismiss"],
  ],
  [
    "opencode",
    "exited",
    "the shell again",
    ["  Session   Fix a bug", "  Continue  opencode -s ses_1", "ada@box:~/shop$ "],
  ],
  ["opencode", "unknown", "its prompt before it listens", ["  ┃  Build · Fake Fake"]],
  ["claude", "unknown", "an empty screen", ["", ""]],
  ["mine", "unknown", "an agent that nobody has described", ["> "]],
  ["constructor", "unknown", "a name that objects have", ["> "]],
];

describe("a screen", () => {
  test.each(screens)("of %s is %s: %s", (agent, status, _, lines) => {
    expect(readAgentScreen(agent, lines)).toBe(status);
  });
});

test("what scrolled out of the bottom no longer counts", () => {
  const old = ["✻ Thinking… (esc to interrupt)", ...Array.from({ length: 14 }, (_, at) => `line ${at}`)];
  expect(readAgentScreen("claude", [...old, rule, "> ", rule])).toBe("idle");
});

test.each([
  ["ada@box:~$ ", true],
  ["root@box:/# ", true],
  ["box% ", true],
  ["❯", true],
  ["ada@box:~$ claude", false],
  ["Loading…", false],
  ["│ >  │", false],
])("a shell waits on %j: %s", (line, waits) => {
  expect(showsShellPrompt(["something", line, ""])).toBe(waits);
});
