import { randomUUID } from "node:crypto";
import * as people from "@orchestratia/protocol/operations/people";
import { addNote, createTask, viewTask } from "@orchestratia/protocol/operations/people-tasks";
import { captureScrollback } from "@orchestratia/protocol/operations/remote";
import { HubFrame } from "@orchestratia/protocol/server-link";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../test-hub.ts";
import { refusal } from "../test-team.ts";
import { until } from "../until.ts";
import { SYSTEM_INFO } from "./v1-daemon.ts";
import { AT_PROMPT, AT_WORK, V1Stage } from "./v1-stage.ts";

let hub: TestHub;
let stage: V1Stage;

beforeAll(async () => {
  hub = await startTestHub();
  stage = await V1Stage.open(hub);
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const onSession = (session: { id: string }) => ({ params: { ...stage.params, session: session.id } });

test("7.9 auth_ok is the first frame, whatever waits for the daemon", async () => {
  const daemon = await stage.daemon();
  const worker = await stage.worker(daemon);
  const cli = stage.cli(daemon, worker);
  const task = await cli.create({ title: "T", spec: "S" });
  await daemon.cut();
  await cli.assign(task.id, worker.name);
  daemon.frames.length = 0;
  await daemon.connect();
  expect(daemon.frames[0]).toEqual({ type: "auth_ok" });
});

test("7.10 of two sockets the newest counts, and the late end of the other changes nothing", async () => {
  const daemon = await stage.daemon();
  const session = await stage.session(daemon);
  await daemon.reconnectAfterError();
  daemon.closeLeaked();
  await daemon.readGrants();
  await stage.admin.call(people.closeSession, onSession(session));
  expect((await daemon.next("session_close")).session_id).toBe(session.id);
  await stage.sessionIs(session.id, "closed");
  const { servers } = await stage.admin.call(people.listServers, { params: stage.params });
  expect(servers.find(({ id }) => id === daemon.serverId)?.reachable).toBe(true);
});

test("7.11 after a restart sessions are found by their tmux names and sized again, zombies closed, missing ones lost", async () => {
  const daemon = await stage.daemon();
  const [kept, missing, closed] = [
    await stage.session(daemon),
    await stage.session(daemon),
    await stage.session(daemon),
  ];
  await daemon.kill();
  await stage.admin.call(people.closeSession, onSession(closed));
  daemon.tmux.delete(`orc-${missing.id.slice(0, 12)}`);
  daemon.tmux.set("orc-0123456789ab", { pid: 1, directory: "/" });
  await daemon.connect();
  await stage.sessionIs(kept.id, "active");
  await stage.sessionIs(missing.id, "lost");
  await until(() => daemon.tmux.size === 1);
  expect([...daemon.tracked]).toEqual([[kept.id, `orc-${kept.id.slice(0, 12)}`]]);
  expect(daemon.all("session_resize")).toContainEqual({
    type: "session_resize",
    session_id: kept.id,
    cols: 120,
    rows: 40,
  });
});

test("7.11 a daemon that never reads its grants is reconciled all the same", async () => {
  const daemon = await stage.daemon();
  const session = await stage.session(daemon);
  await daemon.kill();
  daemon.tmux.clear();
  await daemon.connect({ readsGrants: false });
  await stage.sessionIs(session.id, "lost");
});

test("7.11 a session that was never acknowledged is adopted under its tmux name", async () => {
  const daemon = await stage.daemon();
  const session = await stage.session(daemon);
  await daemon.kill();
  const name = `orc-${session.id.slice(0, 12)}`;
  daemon.tracked.set(name, name);
  await daemon.connect();
  await until(() => daemon.tracked.has(session.id));
  expect([...daemon.tracked]).toEqual([[session.id, name]]);
  await stage.sessionIs(session.id, "active");
});

test("7.12 ids that are none, output before the start, and frames from the future harm nothing", async () => {
  const daemon = await stage.daemon();
  const session = await stage.session(daemon);
  for (const frame of [
    { type: "session_output", session_id: "orc-abcdefabcdef", data: "aGk=" },
    { type: "session_screen", session_id: "orc-abcdefabcdef", lines: ["$"] },
    { type: "session_closed", session_id: "orc-abcdefabcdef", exit_code: 1 },
    { type: "session_working_dir", session_id: "no id", working_dir: "/" },
    { type: "session_output", session_id: randomUUID(), data: "aGk=" },
    { type: "remote_exec_result", request_id: "nobody asked", exit_code: 0, stdout: "", stderr: "" },
    { type: "file_chunk", transfer_id: "nobody sends", index: 0, data: "", total_chunks: 1 },
    { type: "tunnel_data", tunnel_id: "t", data: "" },
    { type: "governance_decision_request", request_id: "r" },
    { type: "architecture_snapshot", snapshot: {} },
    { type: "from_the_future", session_id: 42 },
    { type: "session_output", session_id: 42 },
  ]) {
    daemon.send(frame);
  }
  daemon.send({ type: "session_working_dir", session_id: session.id, working_dir: "/srv/moved" });
  await until(async () => (await stage.view(session.id)).working_directory === "/srv/moved");
  expect((await stage.view(session.id)).status).toBe("active");

  const early = stage.admin.call(people.createSession, {
    params: stage.params,
    body: { server_id: daemon.serverId, name: "early" },
  });
  const { session_id } = await daemon.next("session_start").then(async (first) => {
    return first.session_id === session.id ? daemon.next("session_start") : first;
  });
  daemon.output(session_id, "before anything");
  expect((await early).id).toBe(session_id);
  await stage.sessionIs(session_id, "active");
});

test("7.13 sessions and tasks have lower-case UUIDs of version 4", async () => {
  const daemon = await stage.daemon();
  const session = await stage.session(daemon);
  const task = await stage.cli(daemon).create({ title: "T", spec: "S" });
  expect(session.id).toMatch(UUID_V4);
  expect(task.id).toMatch(UUID_V4);
});

test("7.14 a session is started once and ended with session_close; one that returns after that is closed again", async () => {
  const daemon = await stage.daemon();
  const session = await stage.session(daemon);
  const name = `orc-${session.id.slice(0, 12)}`;
  await daemon.cut();
  await daemon.connect();
  await stage.sessionIs(session.id, "active");
  await stage.admin.call(people.closeSession, onSession(session));
  await stage.sessionIs(session.id, "closed");
  await daemon.kill();
  daemon.tmux.set(name, { pid: 7, directory: "/" });
  await daemon.connect();
  await until(() => !daemon.tmux.has(name));
  expect(daemon.all("session_start").filter(({ session_id }) => session_id === session.id)).toHaveLength(1);
  const types = HubFrame.options.map(({ shape }) => shape.type.value as string);
  expect(types).not.toContain("session_kill");
  expect((await stage.view(session.id)).status).toBe("closed");
});

test("7.15, 7.16 every push names its session, its text is one line without control characters, and no box is ever sent", async () => {
  const daemon = await stage.daemon();
  const worker = await stage.worker(daemon);
  const cli = stage.cli(daemon, worker);
  const task = await cli.create({ title: "A\u001b[31m title\r\nof two lines", spec: "S" });
  await cli.assign(task.id, worker.name);
  await daemon.next("task_assigned");
  await cli.start(task.id);
  daemon.screen(worker.id, ...AT_WORK);
  await until(async () => (await stage.view(worker.id)).agent_status === "working");
  daemon.screen(worker.id, ...AT_PROMPT);
  await until(async () => (await stage.view(worker.id)).agent_status === "idle");
  await stage.admin.call(addNote, {
    params: { ...stage.params, task: task.id },
    body: { content: `first\u0003\u001b]0;x\u0007\r\nrm -rf /\n${"long ".repeat(2_000)}`, urgent: true },
  });
  const note = await daemon.next("task_note");
  expect(Buffer.byteLength(note.content)).toBeLessThanOrEqual(4_096);
  expect(note.content).toMatch(/^first .*rm -rf \/ long /);

  const aboutSessions = daemon.frames.filter(({ type }) => type !== "auth_ok");
  expect(aboutSessions.length).toBeGreaterThan(3);
  for (const frame of aboutSessions) {
    expect(frame).toMatchObject({ session_id: worker.id });
    const { spec: _, ...typed } = frame as { spec?: string };
    expect(JSON.stringify(typed)).not.toMatch(/\\[rnu]/);
  }
  const types = HubFrame.options.map(({ shape }) => shape.type.value as string);
  expect(types).not.toContain("task_rejected");
  expect(daemon.frames.some((frame) => "pending_approval" in frame)).toBe(false);
});

test("7.17 work waits until an agent is at its prompt, and is pushed once more after a restart, not twice", async () => {
  const daemon = await stage.daemon();
  const session = await stage.session(daemon, { agent: "claude" });
  const cli = stage.cli(daemon, session);
  const task = await cli.create({ title: "T", spec: "S" });
  await cli.assign(task.id, session.name);
  await hub.hub.engine.rederive();
  await hub.hub.engine.settled();
  expect(daemon.all("task_assigned")).toEqual([]);
  daemon.screen(session.id, "agent@v1:~$ ");
  await until(() => daemon.input.get(session.id) === "claude\r");
  daemon.screen(session.id, "Do you trust the files in this folder?", "❯ 1. Yes, proceed", "  2. No, exit");
  await until(async () => (await stage.view(session.id)).agent_status === "waiting");
  await hub.hub.engine.rederive();
  expect(daemon.all("task_assigned")).toEqual([]);
  daemon.screen(session.id, ...AT_PROMPT);
  await daemon.next("task_assigned");

  await daemon.kill();
  await daemon.connect();
  await stage.sessionIs(session.id, "active");
  await hub.hub.engine.rederive();
  await hub.hub.engine.settled();
  // What it does now is not known: nothing is typed before it shows its prompt.
  expect(daemon.all("task_assigned")).toHaveLength(1);
  expect((await daemon.next("capture_scrollback")).session_id).toBe(session.id);
  daemon.send({ type: "scrollback_captured", session_id: session.id, lines: AT_PROMPT });
  await until(() => daemon.all("task_assigned").length === 2);
  daemon.screen(session.id, ...AT_WORK);
  await until(async () => (await stage.view(session.id)).agent_status === "working");
  await cli.start(task.id);
  await daemon.cut();
  await daemon.connect();
  daemon.screen(session.id, ...AT_PROMPT);
  await until(async () => (await stage.view(session.id)).agent_status === "idle");
  await hub.hub.engine.rederive();
  await hub.hub.engine.settled();
  expect(daemon.all("task_assigned")).toHaveLength(2);
});

test("7.17 what waits behind a typed line follows when the screen has shown it, at once and not before", async () => {
  const daemon = await stage.daemon();
  const worker = await stage.worker(daemon);
  const cli = stage.cli(daemon, worker);
  const [first, second] = [await cli.create({ title: "1", spec: "S" }), await cli.create({ title: "2", spec: "S" })];
  await cli.assign(first.id, worker.name);
  await daemon.next("task_assigned");
  await cli.start(first.id);
  await cli.complete(first.id, "done");
  await cli.assign(second.id, worker.name);
  await hub.hub.engine.rederive();
  await hub.hub.engine.settled();
  expect(daemon.all("task_assigned")).toHaveLength(1);
  daemon.screen(worker.id, "1 is done", ...AT_PROMPT);
  expect((await daemon.next("task_assigned")).task_id).toBe(second.id);
});

test("7.17 nothing is ever typed into a shell but by a person", async () => {
  const daemon = await stage.daemon();
  const shell = await stage.session(daemon);
  const cli = stage.cli(daemon, shell);
  const task = await cli.create({ title: "T", spec: "S" });
  await cli.assign(task.id, shell.name);
  daemon.screen(shell.id, "agent@v1:~$ ");
  await cli.note(task.id, "$(touch /tmp/never); echo", true);
  await hub.hub.engine.rederive();
  await hub.hub.engine.settled();
  expect(daemon.all("task_assigned")).toEqual([]);
  expect(daemon.all("task_note")).toEqual([]);
  expect(daemon.input.get(shell.id)).toBeUndefined();
});

test("7.19 a daemon is given no more sessions than its processors and two", async () => {
  const daemon = await stage.daemon();
  await daemon.heartbeat({ ...SYSTEM_INFO, cpu_count: 1 });
  const sessions = [await stage.session(daemon), await stage.session(daemon), await stage.session(daemon)];
  const fourth = await refusal(stage.session(daemon));
  expect([fourth?.code, fourth?.status, fourth?.detail]).toEqual(["server_full", 409, expect.stringContaining("3")]);
  daemon.exit(sessions[0]?.id ?? "");
  await stage.sessionIs(sessions[0]?.id ?? "", "closed");
  await stage.session(daemon);
});

test("7.19 work for a daemon that is full waits, and is begun when a session has ended", async () => {
  await using own = await V1Stage.open(hub, { auto_start_sessions: true, default_agent: "claude" });
  const daemon = await own.daemon();
  await daemon.heartbeat({ ...SYSTEM_INFO, cpu_count: 1 });
  const sessions = [await own.session(daemon), await own.session(daemon), await own.session(daemon)];
  const before = daemon.all("session_start").length;
  const logged = hub.logged.length;
  const task = await own.admin.call(createTask, { params: own.params, body: { title: "T", spec: "S" } });
  const view = () => own.admin.call(viewTask, { params: { ...own.params, task: task.id } });
  await until(async () => (await view()).status === "assigned");
  await hub.hub.engine.rederive();
  await hub.hub.engine.settled();
  expect(daemon.all("session_start")).toHaveLength(before);
  expect(hub.logged.slice(logged).filter(({ level }) => Number(level) >= 50)).toEqual([]);
  daemon.exit(sessions[0]?.id ?? "");
  await until(() => daemon.all("session_start").length > before);
  expect(daemon.all("session_start").at(-1)?.agent).toBe("claude");
});

test("7.20 the grants are a bare array that holds no private key", async () => {
  const daemon = await stage.daemon();
  const { status, text } = await daemon.get("/api/v1/server/access-grants");
  expect([status, JSON.parse(text)]).toEqual([200, []]);
});

test("a person reads what has scrolled off a session's screen", async () => {
  const daemon = await stage.daemon();
  const session = await stage.session(daemon);
  const asked = stage.admin.call(captureScrollback, onSession(session));
  expect((await daemon.next("capture_scrollback")).session_id).toBe(session.id);
  daemon.send({ type: "scrollback_captured", session_id: session.id, lines: ["one", "two"] });
  expect(await asked).toEqual({ session_id: session.id, lines: ["one", "two"] });

  const late = refusal(stage.admin.call(captureScrollback, onSession(session)));
  await daemon.next("capture_scrollback");
  await daemon.cut();
  expect((await late)?.code).toBe("server_unreachable");
  expect((await refusal(stage.admin.call(captureScrollback, onSession({ id: randomUUID() }))))?.code).toBe(
    "session_not_found",
  );
});
