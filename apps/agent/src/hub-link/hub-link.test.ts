import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { sessionFolder } from "../terminals/session-folder.ts";
import { fakeKey, fakeServer, startFakeHub } from "../testing/fake-hub.ts";
import { sessionStart, startTestDaemon } from "../testing/test-daemon.ts";
import { waitFor } from "../testing/wait.ts";

const input = (session_id: string, text: string) => ({
  type: "session_input" as const,
  session_id,
  data: Buffer.from(text).toString("base64"),
});

test("a session starts, types, resizes, and tells how it ended after its last byte", async () => {
  await using hub = await startFakeHub();
  await using _daemon = await startTestDaemon(hub.url);
  await hub.linked();
  const start = sessionStart("stty size; read line; echo got $line; stty size; exit 7");
  const id = start.session_id;
  hub.send(start);
  const [started] = await waitFor(() => hub.of("session_started", id).length > 0 && hub.of("session_started", id));
  expect(started).toMatchObject({ tmux_name: "", working_dir: start.working_directory, recovered: false });
  await waitFor(() => hub.output(id).includes("40 120"));
  hub.send({ type: "session_resize", session_id: id, cols: 80, rows: 24 });
  hub.send(input(id, "héllo\r"));
  const [closed] = await waitFor(() => hub.of("session_closed", id).length > 0 && hub.of("session_closed", id));
  expect(closed?.exit_code).toBe(7);
  expect(hub.output(id).toString()).toMatch(/got héllo\r\n24 80\r\n$/);
  const own = hub.frames.filter((frame) => "session_id" in frame && frame.session_id === id).map(({ type }) => type);
  expect(own.at(-1)).toBe("session_closed");
  expect(hub.of("session_status", id).at(-1)?.agent_status).toBe("exited");
  expect(hub.mistakes).toEqual([]);
});

test("a session has its own token and never the server's key; a signal is a negative exit code", async () => {
  await using hub = await startFakeHub();
  await using daemon = await startTestDaemon(hub.url);
  await hub.linked();
  const start = sessionStart("env | sort; command -v orchestratia || true; kill -9 $$", { env: { FROM_HUB: "yes" } });
  hub.send(start);
  const [closed] = await waitFor(() => {
    const frames = hub.of("session_closed", start.session_id);
    return frames.length > 0 && frames;
  });
  expect(closed?.exit_code).toBe(-9);
  const printed = hub.output(start.session_id).toString();
  for (const line of [
    `ORCHESTRATIA_HUB_URL=${hub.url}`,
    "ORCHESTRATIA_API_KEY=orcs_the-sessions-token",
    `ORCHESTRATIA_SESSION_ID=${start.session_id}`,
    `ORCHESTRATIA_PROJECT_ID=${fakeServer.project_id}`,
    "TERM=xterm-256color",
    "COLORTERM=truecolor",
    "FROM_HUB=yes",
  ]) {
    expect(printed).toContain(`${line}\r\n`);
  }
  expect(printed).not.toContain(fakeKey);
  expect(printed).not.toContain("DATABASE_URL");
  await waitFor(() => !existsSync(sessionFolder(daemon.stateDir, start.session_id)));
});

test("what cannot be started is a session_error with a reason; junk and unknown frames do no harm", async () => {
  await using hub = await startFakeHub();
  await using _daemon = await startTestDaemon(hub.url);
  await hub.linked();
  const { command: _, ...nameless } = sessionStart("");
  hub.send({ ...nameless, agent: "nobody" });
  hub.send({ ...sessionStart("true"), session_id: "../escape" });
  hub.send({ ...sessionStart("true"), working_directory: "/no/such/folder" });
  hub.sendRaw("this is no JSON");
  hub.sendRaw(JSON.stringify({ type: "from_the_future", session_id: "x" }));
  hub.sendRaw(JSON.stringify({ type: "session_input", session_id: 7 }));
  await waitFor(() => hub.of("session_error").length === 3);
  expect(
    hub
      .of("session_error")
      .map(({ error }) => error)
      .sort(),
  ).toEqual([
    "the session's id cannot be used as a name",
    "there is no folder /no/such/folder",
    'this machine has no agent "nobody"',
  ]);
  const after = sessionStart("echo still here");
  hub.send(after);
  await waitFor(() => hub.output(after.session_id).includes("still here"));
  expect(hub.log.filter((entry) => entry === "connect")).toHaveLength(1);
});

test("what is printed while there is no link comes with the next one, each byte once", async () => {
  await using hub = await startFakeHub();
  await using daemon = await startTestDaemon(hub.url);
  await hub.linked();
  const start = sessionStart("stty -opost; seq 1 3; read go; seq 4 20000; cat");
  const id = start.session_id;
  hub.send(start);
  await waitFor(() => hub.output(id).includes("3\n"));
  hub.refuse(true);
  hub.cut();
  await waitFor(() => hub.log.filter((entry) => entry === "connect").length > 1);
  await daemon.typeInto(id, "\r");
  hub.refuse(false);
  await waitFor(() => hub.of("session_started", id).length === 2);
  expect(hub.of("session_started", id)[1]).toMatchObject({ recovered: true });
  await waitFor(() => hub.output(id).includes("\n20000\n"));
  const numbers = hub
    .output(id)
    .toString()
    .split("\n")
    .filter((line) => /^\d+$/.test(line));
  expect(numbers).toEqual(Array.from({ length: 20_000 }, (_, n) => String(n + 1)));
});

test("after a reconnect the inventory is complete before pushes are looked at; ended sessions are reported truly", async () => {
  await using hub = await startFakeHub();
  await using daemon = await startTestDaemon(hub.url);
  await hub.linked();
  const lives = sessionStart("cat");
  const ends = sessionStart("read go; echo the end; exit 3");
  const early = sessionStart("cat");
  hub.send(lives);
  hub.send(ends);
  await waitFor(() => hub.of("session_started").length === 2);
  await daemon.restart(async () => {
    hub.forget();
    hub.greetWith(early);
    await daemon.typeInto(ends.session_id, "\r");
    await waitFor(() => daemon.record(ends.session_id)?.exit ?? undefined);
  });
  await hub.linked();
  const grants = hub.log.indexOf("GET /api/v1/server/access-grants");
  const inventory = hub.log.slice(0, grants);
  expect(inventory).toContain("session_started");
  expect(inventory).toContain("session_closed");
  await waitFor(() => hub.of("session_started", early.session_id).length > 0);
  expect(hub.of("session_started")).toMatchObject([
    { session_id: lives.session_id, recovered: true, tmux_name: "" },
    { session_id: early.session_id, recovered: false },
  ]);
  expect(hub.log.lastIndexOf("session_started")).toBeGreaterThan(grants);
  expect(hub.of("session_closed")).toMatchObject([{ session_id: ends.session_id, exit_code: 3 }]);
  expect(hub.output(ends.session_id).toString()).toContain("the end");
  expect(hub.of("session_status", lives.session_id)).toHaveLength(1);
  await waitFor(() => !existsSync(sessionFolder(daemon.stateDir, ends.session_id)));
});

test("the daemon comes back to a hub that was away or refused it, waiting longer each time", {
  timeout: 60_000,
}, async () => {
  await using hub = await startFakeHub();
  hub.refuse(true);
  await using _daemon = await startTestDaemon(hub.url);
  const connects = () => hub.log.filter((entry) => entry === "connect").length;
  const times: number[] = [];
  for (let n = 1; n <= 4; n += 1) {
    await waitFor(() => connects() >= n);
    times.push(performance.now());
  }
  const waits = times.slice(1).map((time, n) => time - (times[n] ?? 0));
  // Jitter takes up to half of 1, 2 and 4 seconds.
  expect(waits[0]).toBeGreaterThan(450);
  expect(waits[1]).toBeGreaterThan(950);
  expect(waits[2]).toBeGreaterThan(1950);
  hub.refuse(false);
  await hub.linked();
});

test("work is typed as one line when the agent is at its prompt, and waits while it is not", async () => {
  await using hub = await startFakeHub();
  const agent = {
    name: "demo",
    command: `while printf 'demo> '; read -r line; do echo "got: $line"; sleep 1.5; done`,
    prompt: "demo> $",
  };
  await using _daemon = await startTestDaemon(hub.url, { agents: [agent] });
  await hub.linked();
  const { command: _, ...start } = { ...sessionStart(""), agent: "demo" };
  const id = start.session_id;
  hub.send(start);
  const status = () => hub.of("session_status", id).at(-1)?.agent_status;
  await waitFor(() => status() === "idle");
  const task = { session_id: id, task_id: "t", title: "x", version: 1, priority: "normal", require_plan: false };
  hub.send({ type: "task_assigned", ...task });
  await waitFor(() => status() === "working");
  // A hub that cannot know whether its push arrived repeats it: it carries the same version and is typed once.
  hub.send({ type: "task_assigned", ...task });
  hub.send({
    type: "task_note",
    session_id: id,
    task_id: "t",
    content: "mind\nthe \x1b[31m gap\r",
    urgent: false,
    author: "Ann",
  });
  await waitFor(() => status() === "idle");
  await waitFor(() => hub.output(id).includes("got: Note"));
  const answers = hub
    .output(id)
    .toString()
    .split("\r\n")
    .filter((line) => line.startsWith("got: "));
  expect(answers).toEqual([
    'got: A task is waiting for you: run "orchestratia task check" and follow it.',
    "got: Note from Ann: mind the [31m gap",
  ]);
});

test("somebody else's words are never typed into a shell", async () => {
  await using hub = await startFakeHub();
  await using daemon = await startTestDaemon(hub.url);
  await hub.linked();
  // A home of its own: what the user's start-up files do is not what is tested here.
  const env = { PS1: "$ ", ENV: "", HOME: daemon.stateDir };
  const { command: _, ...start } = { ...sessionStart(""), agent: "shell", env };
  const id = start.session_id;
  hub.send(start);
  await waitFor(() => hub.of("session_status", id).at(-1)?.agent_status === "idle");
  hub.send({ type: "task_note", session_id: id, task_id: "t", content: "$(touch pwned)", urgent: true, author: "Eve" });
  hub.send(input(id, "echo then; sleep 2\r"));
  await waitFor(() => hub.of("session_status", id).some(({ agent_status }) => agent_status === "working"));
  await waitFor(() => hub.of("session_status", id).at(-1)?.agent_status === "idle");
  expect(hub.output(id).toString()).not.toContain("pwned");
});

test("heartbeats and scrollback say what the protocol wants", async () => {
  await using hub = await startFakeHub();
  await using _daemon = await startTestDaemon(hub.url, {
    repos: { app: "/srv/app", lib: { path: "/srv/lib", branch: "main" } },
    agents: [{ name: "demo", command: ["node", "-e", "0"], prompt: "> $" }],
    tags: ["gpu"],
    environments: ["staging"],
    max_concurrent: 3,
  });
  await hub.linked();
  const heartbeat = await waitFor(() => hub.heartbeats[0]);
  expect(heartbeat.repos).toEqual({ app: "/srv/app", lib: "/srv/lib" });
  expect(heartbeat.max_concurrent).toBe(3);
  expect(heartbeat.capabilities).toMatchObject({ tags: ["gpu"], environments: ["staging"] });
  expect(heartbeat.capabilities?.tools).toContain("node");
  expect(heartbeat.agents?.map(({ name, kind }) => `${name}:${kind}`)).toEqual(
    expect.arrayContaining(["shell:shell", "demo:custom"]),
  );
  expect(heartbeat.system_info.cpu_count).toBeGreaterThan(0);

  const start = sessionStart("seq 1 100; cat");
  hub.send(start);
  await waitFor(() => hub.output(start.session_id).includes("100"));
  hub.send({ type: "capture_scrollback", session_id: start.session_id });
  hub.send({ type: "capture_scrollback", session_id: "nobody" });
  await waitFor(() => hub.of("scrollback_captured").length === 2);
  expect(hub.of("scrollback_captured", start.session_id)[0]?.lines).toEqual(
    Array.from({ length: 100 }, (_, n) => String(n + 1)),
  );
  expect(hub.mistakes).toEqual([]);
});

test("stopping with close-sessions ends the programs and tells the hub first", async () => {
  await using hub = await startFakeHub();
  await using daemon = await startTestDaemon(hub.url);
  await hub.linked();
  const start = sessionStart("trap 'exit 4' HUP; echo ready; while :; do sleep 0.05; done");
  hub.send(start);
  await waitFor(() => hub.output(start.session_id).includes("ready"));
  await daemon.stop({ closeSessions: true });
  expect(hub.of("session_closed", start.session_id)).toMatchObject([{ exit_code: 4 }]);
  await waitFor(() => !existsSync(sessionFolder(daemon.stateDir, start.session_id)));
});
