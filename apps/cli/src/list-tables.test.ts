import { afterAll, expect, test } from "vitest";
import { displayWidth } from "./display-width.ts";
import { startProtocolHub } from "./testing/protocol-hub.ts";
import { runInProcess } from "./testing/run-in-process.ts";
import { sampleAnswers, sampleTask } from "./testing/samples.ts";

const hub = await startProtocolHub();
afterAll(() => hub[Symbol.asyncDispose]());
const env = { ORCHESTRATIA_HUB_URL: hub.url, ORCHESTRATIA_API_KEY: "orcs_secret", NO_COLOR: "1" };

const { recent_notes: _, ...summary } = sampleTask({ title: "建てる ".repeat(30), waiting_for: "Somebody must look." });
const answers = sampleAnswers() as Record<string, { [list: string]: object[] }>;
const [session] = answers.agentListSessions?.sessions ?? [];
const [server] = answers.agentListServers?.servers ?? [];
const [question] = answers.agentListInterventions as unknown as object[];
Object.assign(hub.answers, {
  agentListTasks: { tasks: [summary], next: "cursor-2" },
  agentListChildren: { tasks: [summary], next: null },
  agentListServers: { servers: [{ ...server, draining: true, hostname: "box.".repeat(30) }] },
  agentListSessions: { sessions: [{ ...session, working_directory: "/srv/demo".repeat(20) }] },
  agentListInterventions: [{ ...question, question: "Which one,\nand why? ".repeat(20) }],
});

const lists: [line: string, title: RegExp, row: RegExp][] = [
  ["task list", /^KEY +STATUS +PRIORITY +TITLE +WHERE +WAITING$/, /^DEMO-3 +running +high +建てる.*… +w1 +Somebody/],
  ["task children DEMO-3", /^KEY +STATUS/, /^DEMO-3 +running +high +建てる/],
  [
    "server list",
    /^NAME +STATUS +TASKS +HOST +AGENTS +REPOS$/,
    /^local +online, draining +1 of 4 +box\.box.*… +claude/,
  ],
  ["session list", /^NAME +ROLE/, /^w1 +worker +claude +local +active, idle +DEMO-3 .* +\/srv.*…$/],
  ["intervention list", /^ID +TYPE/, /^e5fb2091 +question +pending +DEMO-3 +Which one, and why\?.*…$/],
];

test.each(lists)("%s is a table that fits the terminal", async (line, title, row) => {
  for (const columns of [90, 120]) {
    const { code, stdout } = await runInProcess(line.split(" "), { env, tty: true, columns });
    const [, top = "", first = "", ...rest] = stdout.trimEnd().split("\n");
    expect([code, top, first]).toEqual([0, expect.stringMatching(title), expect.stringMatching(row)]);
    expect(rest).toEqual(line === "task list" ? ["  There are more: --after cursor-2"] : []);
    for (const shown of [top, first]) expect(displayWidth(shown)).toBeLessThanOrEqual(columns);
  }
});

test.each(lists)("%s is not fitted for programs, whatever the width of standard error's terminal", async (line) => {
  const { stdout } = await runInProcess(line.split(" "), { env, tty: "stderr", columns: 60 });
  expect(stdout).not.toContain("…");
  expect(stdout).toMatch(/^\[ORCHESTRATIA\] .*\n {2}\S/);
  expect(stdout).toMatch(/\n {4}(Status: |Which one,\n)/);
});

test("nothing has no table, and a terminal that does not say its width counts as a usual one", async () => {
  const { stdout } = await runInProcess(["session", "list"], { env, tty: true, columns: 0 });
  expect(Math.max(...stdout.split("\n").map((line) => displayWidth(line)))).toBe(80);
  hub.answers.agentListSessions = { sessions: [] };
  const none = await runInProcess(["session", "list"], { env, tty: true, columns: 80 });
  expect(none.stdout).toBe("[ORCHESTRATIA] No live sessions.\n");
});
