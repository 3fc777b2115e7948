import { afterAll, beforeAll, expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { createTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import { startTestLinks, type TestLinks } from "../testing/test-links.ts";
import { until } from "../testing/until.ts";
import { markSessionReady } from "./mark-ready.ts";

let database: TestDatabase;
let links: TestLinks;

beforeAll(async () => {
  database = await createTestDatabase();
  links = await startTestLinks(database.url);
});
afterAll(async () => {
  await links[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const rule = "─".repeat(60);
const PROMPT = ["● Hello", rule, "> ", rule, "  ? for shortcuts"];
const WORKING = ["✻ Thinking… (3s · esc to interrupt)", rule, "> ", rule];
const DIALOG = ["Do you trust the files in this folder?", "❯ 1. Yes, proceed"];
const SHELL = ["Last login: today", "ada@box:~$ "];

/** A version 1 daemon, which reports no agents, with a session for `agent`. */
async function version1(agent: string, startedByHub = false) {
  const projectId = await links.addProject();
  const server = await links.addServer(projectId);
  const daemon = links.daemon(server.apiKey);
  await daemon.connect();
  const session = await links.session(projectId, server.id, { agent, startedByHub, role: "worker" });
  const typed = () =>
    daemon.frames.flatMap((frame) =>
      frame.type === "session_input" ? [Buffer.from(frame.data, "base64").toString()] : [],
    );
  const shows = async (lines: string[]) => {
    daemon.send({ type: "session_screen", session_id: session.id, lines });
    // Behind it in the order of frames.
    daemon.send({
      type: "session_working_dir",
      session_id: session.id,
      working_dir: `/seen/${lines.length}-${lines[0]}`,
    });
    await until(async () => (await links.row(session.id)).working_directory === `/seen/${lines.length}-${lines[0]}`);
    await links.settled();
  };
  return { daemon, session, typed, shows, [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose]() };
}

test("the hub types the agent's command at the shell's prompt, once, and takes only the agent's own prompt for one", async () => {
  await using on = await version1("claude");
  await on.shows(["Welcome"]);
  expect(on.typed()).toEqual([]);
  await on.shows(SHELL);
  expect(on.typed()).toEqual(["claude\r"]);
  expect(on.session.agentStatus).toBe("unknown");
  for (const [lines, status] of [
    [DIALOG, "waiting"],
    [PROMPT, "idle"],
    [WORKING, "working"],
    [["something else"], "unknown"],
    [PROMPT, "idle"],
    [SHELL, "exited"],
  ] as const) {
    await on.shows([...lines]);
    expect([on.session.agentStatus, lines]).toEqual([status, lines]);
  }
  expect(on.typed()).toEqual(["claude\r"]);
  expect((await links.row(on.session.id)).agent_status).toBe("exited");
});

test("a session that the hub started and whose agent is not there did not start", async () => {
  await using on = await version1("gemini", true);
  await on.shows(SHELL);
  await on.shows(["ada@box:~$ gemini", "bash: gemini: command not found", "ada@box:~$ "]);
  expect(await links.row(on.session.id)).toMatchObject({
    status: "error",
    error: expect.stringContaining("gemini: command not found"),
  });
  await on.daemon.next("session_close");
});

test("nothing is typed into a person's shell, and not what a shell would take apart", async () => {
  await using shell = await version1("shell");
  await shell.shows(SHELL);
  await using odd = await version1("claude; rm -rf .");
  await odd.shows(SHELL);
  expect([...shell.typed(), ...odd.typed()]).toEqual([]);
});

test("the word of a daemon that says what its agents do counts, and its screens do not", async () => {
  await using on = await version1("claude");
  await on.shows(SHELL);
  on.daemon.status(on.session.id, "working");
  await until(() => on.session.agentStatus === "working");
  await on.shows(PROMPT);
  expect(on.session.agentStatus).toBe("working");
  await expect(markSessionReady(links.sessionHub, SYSTEM, on.session.id, undefined)).rejects.toMatchObject({
    code: "session_tells_status",
  });
});

test("a person who started an agent in a shell says that it is ready; from then on its screen is followed", async () => {
  await using on = await version1("shell");
  await on.shows(PROMPT);
  expect(on.session.agentStatus).toBe("unknown");
  await markSessionReady(links.sessionHub, SYSTEM, on.session.id, undefined);
  expect(on.session).toMatchObject({ agent: "claude", agentStatus: "idle" });
  expect(await links.row(on.session.id)).toMatchObject({ agent: "claude", launched_at: expect.any(Date) });
  await on.shows(WORKING);
  expect(on.session.agentStatus).toBe("working");
});

test("after the link was away what the screen said is not believed until it is seen again", async () => {
  await using on = await version1("claude");
  await on.shows(SHELL);
  await on.shows(PROMPT);
  await on.daemon.cut();
  await until(() => on.session.status === "disconnected");
  await on.daemon.connect();
  const { session_id } = await on.daemon.next("capture_scrollback");
  expect(session_id).toBe(on.session.id);
  expect(on.session.agentStatus).toBe("unknown");
  on.daemon.send({
    type: "scrollback_captured",
    session_id,
    lines: [...Array.from({ length: 200 }, () => "old"), ...PROMPT],
  });
  await until(() => on.session.agentStatus === "idle");
});

test("of a screen no more is kept than any terminal has", async () => {
  await using on = await version1("claude");
  await on.shows(Array.from({ length: 2_000 }, () => "x".repeat(2_000)));
  expect(on.session.screen).toHaveLength(300);
  expect(on.session.screen[0]).toHaveLength(500);
});
