import { describe, expect, test } from "vitest";
import { agentCatalog } from "./catalog.ts";

/** Screens as the real programs drew them, blank lines at the end left out. */
const screens: Record<string, Record<string, string>> = {
  claude: {
    prompt: `
❯ @@sh echo hi
● over
✻ Brewed for 4s
────────────────────────────────────────────────────────────────
❯
────────────────────────────────────────────────────────────────
  ? for shortcuts · ← for agents                  ● high · /effort`,
    work: `
❯ @@sh echo hi ;; @@sleep 4000
● Bash(echo hi)
  ⎿  hi
✻ Beaming… (3s · ↑ 11 tokens)
────────────────────────────────────────────────────────────────
❯
────────────────────────────────────────────────────────────────
  esc to interrupt · ← for agents                 ● high · /effort`,
    permission: `
❯ @@sh touch a.txt
● Bash(touch a.txt)
  ⎿  Waiting…
────────────────────────────────────────────────────────────────
 Bash command

   touch a.txt
   fake

 Do you want to proceed?
 ❯ 1. Yes
   2. Yes, and always allow access to w1/ from this project
   3. No

 Esc to cancel · Tab to amend · ctrl+e to explain`,
    "signed out": `
────────────────────────────────────────────────────────────────
❯
────────────────────────────────────────────────────────────────
  ? for shortcuts · ← for agents    Not logged in · Run /login`,
    trust: `
────────────────────────────────────────────────────────────────
 Accessing workspace:
 /tmp/w1
 Quick safety check: Is this a project you created or one you trust?
 ❯ 1. Yes, I trust this folder
   2. No, exit

 Enter to confirm · Esc to cancel`,
  },
  codex: {
    prompt: `
• over
  Worked for 3s • 15:15
› Ask Codex to do anything

  fake-model default · ~/work
  ← for agents · ? for shortcuts             ⚠ 4 warnings · f2 to view`,
    work: `
• Ran echo hi > a.txt
  └ (no output)
• Working (2s • esc to interrupt)


› Ask Codex to do anything

  fake-model default · ~/work
  ← for agents · ? for shortcuts             ⚠ 4 warnings · f2 to view`,
    "usage limit": `
› do it
■ You've hit your usage limit. Visit https://chatgpt.com/settings/usage to purchase
  more credits or try again in 2 hours 5 minutes.

› Ask Codex to do anything

  fake-model default · ~/work
  ← for agents · ? for shortcuts`,
    overloaded: `
› do it
■ Unexpected status 529 <unknown status code>: Overloaded, url: http://127.0.0.1/v1/responses

› Ask Codex to do anything

  fake-model default · ~/work`,
    "after a usage limit": `
■ You've hit your usage limit. Try again in 2 hours 5 minutes.
› go on
• over
› Ask Codex to do anything

  fake-model default · ~/work`,
    loading: `
  >_ OpenAI Codex (v0.169.0)
     ~/work
                                        ⣀⣤⣤⣤⣀

› Ask Codex to do anything

  ? for shortcuts`,
    "loading, done": `
  >_ OpenAI Codex (v0.169.0)
     ~/work

› Ask Codex to do anything

  fake-model default · ~/work
  ← for agents · ? for shortcuts`,
    trust: `
  Folder access
  ~/work
  Trust this folder? Codex can read, edit, and run files here.

› 1. Trust and continue
  2. Back to Agent Command Center

  enter continue · esc back`,
  },
  gemini: {
    prompt: `
✦ FIRST-OVER
                                                   ? for shortcuts
────────────────────────────────────────────────────────────────
 Shift+Tab to accept edits
▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
 >   Type your message or @path/to/file
▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀
 workspace (/directory)         sandbox                      /model
 ~/work                     no sandbox                     Auto`,
    work: `
 > @@sh echo hi
▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀
 ⠏ Thinking... (esc to cancel, 2s)                 ? for shortcuts
────────────────────────────────────────────────────────────────
 Shift+Tab to accept edits
▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
 >   Type your message or @path/to/file
▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀
 workspace (/directory)         sandbox                      /model`,
    permission: `
╭──────────────────────────────────────────────────────────────╮
│ ? Shell  echo made > made.txt                                │
│ ╭──────────────────────────────────────────────────────────╮ │
│ │ echo made > made.txt                                     │ │
│ ╰──────────────────────────────────────────────────────────╯ │
│ Allow execution of [Shell]?                                  │
│                                                              │
│ ● 1. Allow once                                              │
│   2. Allow for this session                                  │
│   3. No, suggest changes (esc)                               │
╰──────────────────────────────────────────────────────────────╯`,
    question: `
╭──────────────────────────────────────────────────────────────╮
│ Answer Questions                                             │
│                                                              │
│ Which database?                                              │
│                                                              │
│ ● 1.  Postgres                                               │
│       It is Postgres                                         │
│   2.  SQLite                                                 │
│       It is SQLite                                           │
│   3.  Enter a custom value                                   │
│                                                              │
│ Enter to select · ↑/↓ to navigate · Esc to cancel            │
╰──────────────────────────────────────────────────────────────╯`,
    "usage limit": `
╭──────────────────────────────────────────────────────────────╮
│                                                              │
│ Usage limit reached for gemini-2.5-flash.                    │
│ Access resets at 11:59 PM UTC.                               │
│ /stats model for usage details                               │
│ /model to switch models.                                     │
│                                                              │
│ ● 1. Keep trying                                             │
│   2. Stop                                                    │
│                                                              │
╰──────────────────────────────────────────────────────────────╯`,
    trust: `
 ╭─────────────────────────────────────────────────────────────╮
 │ Do you trust the files in this folder?                      │
 │                                                             │
 │ ● 1. Trust folder (work)                                    │
 │   2. Trust parent folder (gemini)                           │
 │   3. Don't trust                                            │
 ╰─────────────────────────────────────────────────────────────╯`,
  },
  opencode: {
    prompt: `
     FAKE-DONE rules forbid
     ▣  Build · Fake · 791ms
  ┃
  ┃
  ┃  Build · Fake Fake
  ╹▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀
   ~/work                              18 (0%)  ctrl+p commands`,
    "prompt beside a long path": `
     ▣  Build · Fake
  ┃
  ┃
  ┃
  ┃  Build · Fake Fake
  ╹▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀
   ~/state/agent/worktrees/b2e421bf-6234-4871-be22-    18 (0% ctrl+p
   c38691a3dee/SHOP-1                                         commands`,
    work: `
  ┃  @@sh echo hi > a.txt ;; @@sleep 3000
     ▣  Build · Fake
  ┃
  ┃  Build · Fake Fake
  ╹▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀
   ■■■⬝⬝⬝⬝⬝  esc interrupt          tab agents  ctrl+p commands`,
    question: `
  ┃  ASKED
  ┃

     → Asked 1 question

     ▣  Build · Fake

  ┃
  ┃  Which database?
  ┃
  ┃  1. Postgres
  ┃     It is Postgres
  ┃  2. SQLite
  ┃     It is SQLite
  ┃  3. Type your own answer
  ┃
  ┃  ↑↓ select  enter submit  esc dismiss
  ┃`,
    retry: `
  ┃  @@errors 429 100
  ┃  Build · Fake Fake
  ╹▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀
   ⬝⬝■■■■■■ Rate limit reached [retrying in 1m 40s attempt #1]    esc interrupt`,
    permission: `
     $ echo hi > a.txt
     ▣  Build · Fake
  ┃
  ┃  △ Permission required
  ┃    # Shell command
  ┃  $ echo hi > a.txt
  ┃
  ┃   Allow once   Allow always   Reject    ctrl+f fullscreen  ⇆ select  enter confirm
  ┃`,
  },
};

const catalog = agentCatalog([]);
const linesOf = (name: string, screen: string): string[] => screens[name]?.[screen]?.split("\n") ?? [];
const read = (name: string, screen: string) => catalog.get(name)?.screen?.read(linesOf(name, screen));
const names = Object.keys(screens);

describe.each(names)("%s", (name) => {
  test("at its prompt it is idle, and working while it shows how to interrupt it", () => {
    expect(read(name, "prompt")).toEqual({ status: "idle" });
    expect(read(name, "work")).toEqual({ status: "working" });
  });

  test("an empty screen says nothing", () => {
    expect(catalog.get(name)?.screen?.read([])).toBeUndefined();
    expect(catalog.get(name)?.screen?.read(["$ npm install", "added 2 packages"])).toBeUndefined();
  });

  test("its dialogs are known, and none of them is a question about a tool or its prompt", () => {
    const dialogs = catalog.get(name)?.screen?.dialogs ?? [];
    const shown = (screen: string) => dialogs.filter((dialog) => dialog.shows(linesOf(name, screen)));
    if (screens[name]?.trust) expect(shown("trust").map((dialog) => dialog.name)).toEqual(["trust this folder"]);
    for (const screen of ["prompt", "work", "permission"]) expect(shown(screen)).toEqual([]);
  });
});

test.each([
  ["claude", ["Yes", "Yes, and always allow access to w1/ from this project", "No"], "touch a.txt"],
  ["gemini", ["Allow once", "Allow for this session", "No, suggest changes (esc)"], "Allow execution of [Shell]?"],
  ["opencode", ["Allow once", "Allow always", "Reject"], "$ echo hi > a.txt"],
])("%s: what it asks about a tool is told with its text and what can be chosen", (name, options, text) => {
  const { waiting } = read(name, "permission") ?? {};
  expect(waiting).toEqual({ for: "permission", text: expect.stringContaining(text), options });
  expect(waiting?.text).not.toContain(options[0]);
});

test("opencode: beside the long path of a checkout it is seen at its prompt as well", () => {
  expect(read("opencode", "prompt beside a long path")).toEqual({ status: "idle" });
});

test("claude: signed out it waits for somebody who signs in", () => {
  expect(read("claude", "signed out")).toMatchObject({ status: "waiting", waiting: { for: "login" } });
});

test("codex: at the prompt that it draws first it still loads", () => {
  const isLoading = (screen: string) => catalog.get("codex")?.screen?.isLoading?.(linesOf("codex", screen));
  expect(isLoading("loading")).toBe(true);
  expect(isLoading("prompt")).toBe(false);
  expect(isLoading("loading, done")).toBe(false);
});

test("codex: at its usage limit it waits until that ends, as long as this is its last word", () => {
  const seen = read("codex", "usage limit");
  expect(seen).toMatchObject({ status: "waiting", waiting: { for: "usage_limit" } });
  const inMs = Date.parse(seen?.waiting?.resets_at ?? "") - Date.now();
  expect(Math.round(inMs / 60_000)).toBe(125);
  expect(read("codex", "overloaded")).toMatchObject({ waiting: { for: "usage_limit" } });
  expect(read("codex", "after a usage limit")).toEqual({ status: "idle" });
});

test("gemini: the dialog of its usage limit is no question; it is answered when the limit is over", () => {
  const { waiting } = read("gemini", "usage limit") ?? {};
  expect(waiting).toMatchObject({
    for: "usage_limit",
    text: expect.stringContaining("Usage limit reached for gemini"),
  });
  expect(new Date(waiting?.resets_at ?? 0).getTime()).toBeGreaterThan(Date.now() - 1000);
  const { afterLimit } = catalog.get("gemini")?.screen ?? {};
  expect(afterLimit?.(waiting?.options ?? [])).toBe(0);
  expect(afterLimit?.(["Switch to gemini-2.5-flash-lite", "Stop"])).toBe(1);
});

test("opencode: between two tries its screen says nothing, since its hook knows how long that is", () => {
  expect(read("opencode", "retry")).toBeUndefined();
});

test.each([
  ["gemini", "Answer Questions\nWhich database?", "Enter a custom value"],
  ["opencode", "Which database?", "Type your own answer"],
])("%s: what it asks of itself is told with its options, of which a number chooses", (name, text, last) => {
  const { waiting } = read(name, "question") ?? {};
  expect(waiting).toEqual({ for: "question", text, options: ["Postgres", "SQLite", last] });
  const { optionKeys } = catalog.get(name)?.screen ?? {};
  if (waiting) expect(optionKeys?.(1, waiting) ?? "2").toBe("2");
});
