import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { sessionFolder } from "../terminals/session-folder.ts";
import { fakeKey, fakeServer, startFakeHub } from "../testing/fake-hub.ts";
import { sessionStart, startTestDaemon } from "../testing/test-daemon.ts";
import { waitFor } from "../testing/wait.ts";

test("a session starts, types, resizes, and tells how it ended after its last byte", async () => {
  await using hub = await startFakeHub();
  await using _daemon = await startTestDaemon(hub.url);
  await hub.linked();
  const start = sessionStart("stty size; read line; echo got $line; stty size; exit 7");
  const id = start.session_id;
  hub.start(start);
  const [started] = await waitFor(() => hub.of("session_started", id).length > 0 && hub.of("session_started", id));
  expect(started).toMatchObject({ tmux_name: "", working_dir: start.working_directory, recovered: false });
  await waitFor(() => hub.output(id).includes("40 120"));
  hub.send({ type: "session_resize", session_id: id, cols: 80, rows: 24 });
  hub.type(id, "héllo\r");
  const [closed] = await waitFor(() => hub.of("session_closed", id).length > 0 && hub.of("session_closed", id));
  expect(closed).toMatchObject({ exit_code: 7, offset: hub.session(id).end });
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
  hub.start(start);
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
  hub.start({ ...nameless, agent: "nobody" });
  hub.start({ ...sessionStart("true"), session_id: "../escape" });
  hub.start({ ...sessionStart("true"), working_directory: "/no/such/folder" });
  hub.sendRaw("this is no JSON");
  hub.sendRaw(JSON.stringify({ type: "from_the_future", session_id: "x" }));
  hub.sendRaw(JSON.stringify({ type: "session_watch", session_id: 7 }));
  hub.sendRaw(Buffer.from([1, 2, 3]));
  hub.type("nobody", "x");
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
  hub.start(after);
  await waitFor(() => hub.output(after.session_id).includes("still here"));
  expect(hub.log.filter((entry) => entry === "connect")).toHaveLength(1);
});

test("what is printed while there is no link comes with the next one, each byte once", async () => {
  await using hub = await startFakeHub();
  await using daemon = await startTestDaemon(hub.url);
  await hub.linked();
  const start = sessionStart("stty -opost; seq 1 3; read go; seq 4 20000; cat");
  const id = start.session_id;
  hub.start(start);
  await waitFor(() => hub.output(id).includes("3\n"));
  hub.refuse(true);
  hub.cut();
  await waitFor(() => hub.log.filter((entry) => entry === "connect").length > 1);
  await daemon.typeInto(id, "\r");
  hub.refuse(false);
  await waitFor(() => hub.output(id).includes("\n20000\n"));
  expect(hub.of("inventory").at(-1)?.sessions).toMatchObject([{ session_id: id, agent_status: "unknown", exit: null }]);
  expect(hub.session(id).faults).toEqual([]);
  const numbers = hub
    .output(id)
    .toString()
    .split("\n")
    .filter((line) => /^\d+$/.test(line));
  expect(numbers).toEqual(Array.from({ length: 20_000 }, (_, n) => String(n + 1)));
});

test("after a reconnect the inventory comes before pushes are looked at; ended sessions are reported truly", async () => {
  await using hub = await startFakeHub();
  await using daemon = await startTestDaemon(hub.url);
  await hub.linked();
  const lives = sessionStart("cat");
  const ends = sessionStart("read go; echo the end; exit 3");
  const early = sessionStart("cat");
  hub.start(lives);
  hub.start(ends);
  await waitFor(() => hub.of("session_started").length === 2);
  hub.send({ type: "session_resize", session_id: lives.session_id, cols: 91, rows: 31 });
  await waitFor(() => hub.of("session_resized").some(({ cols }) => cols === 91));
  await daemon.restart(async () => {
    hub.forget();
    hub.greetWith({ ...early, number: hub.session(early.session_id).number });
    await daemon.typeInto(ends.session_id, "\r");
    await waitFor(() => daemon.record(ends.session_id)?.exit ?? undefined);
  });
  await waitFor(() => hub.of("session_started", early.session_id).length > 0);
  const [inventory] = hub.of("inventory");
  const { pid } = daemon.record(lives.session_id) ?? {};
  expect(inventory?.sessions.toSorted((a) => (a.exit ? 1 : -1))).toMatchObject([
    { session_id: lives.session_id, pid, cols: 91, rows: 31, start: 0, end: 0, agent_status: "unknown", exit: null },
    { session_id: ends.session_id, agent_status: "exited", exit: { exit_code: 3 } },
  ]);
  expect(hub.log.indexOf("session_started")).toBeGreaterThan(hub.log.indexOf("inventory"));
  expect(hub.of("session_started").map(({ session_id }) => session_id)).toEqual([early.session_id]);
  expect(hub.of("session_closed")).toMatchObject([
    { session_id: ends.session_id, exit_code: 3, offset: inventory?.sessions.find(({ exit }) => exit)?.end },
  ]);
  await waitFor(() => !existsSync(sessionFolder(daemon.stateDir, ends.session_id)));
  expect(hub.mistakes).toEqual([]);
});

test("an end is told on every link until the hub acks it; only then the session is gone", async () => {
  await using hub = await startFakeHub({ acksEnds: false });
  await using daemon = await startTestDaemon(hub.url);
  await hub.linked();
  const start = sessionStart("echo last words; kill -15 $$");
  const id = start.session_id;
  hub.start(start);
  await waitFor(() => hub.of("session_closed", id).length === 1);
  hub.cut();
  await waitFor(() => hub.of("session_closed", id).length === 2);
  await daemon.restart();
  await waitFor(() => hub.of("session_closed", id).length === 3);
  const { end } = hub.session(id);
  expect(hub.output(id).toString()).toBe("last words\r\n");
  const closed = { type: "session_closed", session_id: id, exit_code: -15, offset: end };
  expect(hub.of("session_closed", id)).toEqual([closed, closed, closed]);
  hub.send({ type: "session_closed_ack", session_id: id });
  await waitFor(() => !existsSync(sessionFolder(daemon.stateDir, id)));
  hub.cut();
  await waitFor(() => hub.of("inventory").at(-1)?.sessions.length === 0);
});

test("a session whose recording the hub has not kept yet stays, and hands it over on the next link", async () => {
  await using hub = await startFakeHub({ records: false });
  await using daemon = await startTestDaemon(hub.url);
  await hub.linked();
  const start = sessionStart("echo on record");
  const id = start.session_id;
  hub.start(start);
  await waitFor(() => hub.of("session_closed", id).length === 1);
  hub.send({ type: "capture_scrollback", session_id: id });
  await waitFor(() => hub.of("scrollback_captured", id).length === 1);
  expect(existsSync(sessionFolder(daemon.stateDir, id))).toBe(true);
  hub.manners.records = true;
  hub.cut();
  await waitFor(() => !existsSync(sessionFolder(daemon.stateDir, id)));
  expect(hub.session(id).segments).toEqual([0]);
});

test("a session that the hub does not name any more is closed, also its processes; the others go on", async () => {
  const unwanted = sessionStart("cat");
  const wanted = sessionStart("cat");
  await using hub = await startFakeHub({ keeps: (id) => id !== unwanted.session_id });
  await using daemon = await startTestDaemon(hub.url);
  await hub.linked();
  hub.start(unwanted);
  hub.start(wanted);
  await waitFor(() => hub.of("session_started").length === 2);
  hub.cut();
  const [closed] = await waitFor(() => hub.of("session_closed").length > 0 && hub.of("session_closed"));
  expect(closed).toMatchObject({ session_id: unwanted.session_id, exit_code: -1 });
  await waitFor(() => !existsSync(sessionFolder(daemon.stateDir, unwanted.session_id)));
  hub.type(wanted.session_id, "still here\r");
  await waitFor(() => hub.output(wanted.session_id).includes("still here"));
});

test("a machine takes no more sessions than max_sessions, and counts only those that run", async () => {
  await using hub = await startFakeHub({ acksEnds: false });
  await using daemon = await startTestDaemon(hub.url, { max_sessions: 2 });
  await hub.linked();
  const starts = ["cat", "cat", "cat"].map((command) => sessionStart(command));
  for (const start of starts) hub.start(start);
  const [refused] = await waitFor(() => hub.of("session_error").length > 0 && hub.of("session_error"));
  expect(refused?.error).toBe("this machine runs 2 sessions, and its max_sessions allows no more");
  await waitFor(() => hub.of("session_started").length === 2);
  const [first] = hub.of("session_started");
  hub.send({ type: "session_close", session_id: first?.session_id ?? "" });
  await waitFor(() => hub.of("session_closed").length === 1);
  hub.start(sessionStart("cat"));
  await waitFor(() => hub.of("session_started").length === 3);
  expect(hub.of("session_error")).toHaveLength(1);
  expect(daemon.record(first?.session_id ?? "")?.exit).not.toBeNull();
});

test("a hub that does not speak version 2 is left alone for a while", async () => {
  await using hub = await startFakeHub({ protocol: undefined });
  await using daemon = await startTestDaemon(hub.url);
  await waitFor(() => daemon.logged.some((line) => line.includes("does not speak version 2")));
  expect(hub.of("inventory")).toEqual([]);
  expect(hub.log.filter((entry) => entry === "connect")).toHaveLength(1);
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
  hub.start(start);
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
  hub.start(start);
  await waitFor(() => hub.output(start.session_id).includes("ready"));
  await daemon.stop({ closeSessions: true });
  expect(hub.of("session_closed", start.session_id)).toMatchObject([{ exit_code: 4 }]);
  await waitFor(() => !existsSync(sessionFolder(daemon.stateDir, start.session_id)));
});
