import { Completion } from "@orchestratia/protocol/tasks";
import type { SessionId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { addNote } from "../notes/add-note.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine, type TestServerRow } from "../testing/test-engine.ts";
import { until } from "../testing/until.ts";

const finished = Completion.parse({ result: { summary: "done" } });

async function place(hub: TestEngine, server: Parameters<TestEngine["addServer"]>[1] = {}, settings = {}) {
  const project = await hub.addProject(settings);
  return { project, server: await hub.addServer(project, { agents: ["claude"], ...server }) };
}
/** The sessions that the hub started on the server, in order. */
const startsOn = (server: TestServerRow): SessionId[] =>
  server.frames.flatMap((frame) => (frame.type === "session_start" ? [frame.session_id as SessionId] : []));
const pushesOn = (server: TestServerRow) =>
  server.frames.flatMap((frame) => (frame.type === "task_assigned" ? [[frame.task_id, frame.session_id]] : []));

test("a task without a session gets one started for it, once, and is delivered when its agent is at the prompt", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub);
  const task = await hub.addTask(project);
  await hub.settled();
  await hub.engine.delivery.rederive();
  await Promise.all([hub.engine.delivery.rederive(), hub.engine.delivery.rederive()]);
  await hub.settled();
  const started = startsOn(server);
  expect(started).toHaveLength(1);
  expect(pushesOn(server)).toEqual([]);
  await hub.sessionReports(started[0] as SessionId, "idle");
  await hub.settled();
  expect(pushesOn(server)).toEqual([[task, started[0]]]);
  expect(await hub.task(task)).toMatchObject({ assigned_session_id: started[0], deliveries: 1 });
});

test("several tasks at once get no more sessions than the server takes tasks", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub, { max: 2 });
  for (let n = 0; n < 3; n += 1) {
    const task = await hub.addTask(project, { auto_assign: false });
    await assignTask(hub.engine, SYSTEM, task, { server_id: server.id });
  }
  await hub.settled();
  expect(startsOn(server)).toHaveLength(2);
});

test("an idle session is chosen rather than a new one started; a shell, an orchestrator's or a busy one is not", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub, { agents: ["claude", "shell"] });
  await hub.addSession(project, server, "shell");
  const busy = await hub.addSession(project, server, "claude");
  await hub.sessionReports(busy.id, "working");
  const session = await hub.addSession(project, server, "claude");
  const before = startsOn(server).length;
  const task = await hub.addTask(project);
  await hub.settled();
  expect(startsOn(server)).toHaveLength(before);
  expect(pushesOn(server)).toEqual([[task, session.id]]);
});

test("a session that ends before its task was begun is replaced, and so is one that its daemon has lost", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub);
  const task = await hub.addTask(project);
  await hub.settled();
  for (const end of [
    (id: SessionId) => hub.sessionEnds(id),
    (id: SessionId) => hub.sessionEnds(id, "no such directory"),
    (id: SessionId) => hub.sessionIsMissing(id, "lost"),
  ]) {
    const session = startsOn(server).at(-1) as SessionId;
    await hub.sessionReports(session, "idle");
    await hub.settled();
    expect(pushesOn(server).at(-1)).toEqual([task, session]);
    const before = startsOn(server).length;
    await end(session);
    await hub.settled();
    expect(startsOn(server)).toHaveLength(before + 1);
    expect(await hub.task(task)).toMatchObject({ status: "assigned", assigned_session_id: null, delivered_at: null });
  }
});

test("after three sessions that did not begin nobody starts a fourth, until the task is assigned anew", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub);
  const task = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, task, { server_id: server.id });
  for (let n = 0; n < 3; n += 1) {
    await hub.settled();
    await hub.sessionEnds(startsOn(server).at(-1) as SessionId, "no such program");
  }
  await hub.settled();
  await hub.engine.delivery.rederive();
  await hub.settled();
  expect(startsOn(server)).toHaveLength(3);
  await assignTask(hub.engine, SYSTEM, task, { server_id: server.id });
  await hub.settled();
  expect(startsOn(server)).toHaveLength(4);
});

test("a session that ended while the hub was away does not keep its task", async () => {
  await using database = await createTestDatabase();
  const before = await (async () => {
    await using hub = await openTestEngine(database.url);
    const { project, server } = await place(hub, {}, { auto_start_sessions: false });
    const sessions = [await hub.addSession(project, server, "claude"), await hub.addSession(project, server, "claude")];
    const task = await hub.addTask(project);
    await hub.settled();
    const [[, given] = []] = pushesOn(server);
    const other = sessions.find(({ id }) => id !== given)?.id as SessionId;
    // As if the process had died right behind the commit that ended the session.
    await hub.sql.query("update sessions set status = 'closed', closed_at = now() where id = $1", [given]);
    return { server, task, other };
  })();
  await using hub = await openTestEngine(database.url);
  await hub.loadSessions();
  await hub.engine.start();
  const again = hub.connect(before.server.id);
  await hub.sessionReports(before.other, "idle");
  await hub.settled();
  expect(pushesOn(again)).toEqual([[before.task, before.other]]);
});

test("a daemon that reconnects is told again of what was not begun, and no session is started beside those it still has", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub, { max: 3 });
  const session = await hub.addSession(project, server, "claude");
  const idle = await hub.addSession(project, server, "claude");
  const task = await hub.addTask(project);
  await hub.settled();
  const [[, given] = []] = pushesOn(server);
  const other = (given === session.id ? idle.id : session.id) as SessionId;

  hub.disconnect(server.id);
  for (const id of [session.id, idle.id]) await hub.sessionIsMissing(id, "disconnected");
  const unplaced = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, unplaced, { server_id: server.id });
  await hub.settled();

  const again = hub.connect(server.id);
  hub.engine.delivery.serverConnected(server.id);
  await hub.settled();
  expect(again.frames).toEqual([]);
  await hub.sessionReports(given as SessionId, "idle");
  await hub.sessionReports(other, "idle");
  await hub.settled();
  expect(pushesOn(again).sort()).toEqual(
    [
      [task, given],
      [unplaced, other],
    ].sort(),
  );
  expect(startsOn(again)).toEqual([]);
});

test("rows that were read before a push got its row do not bring it a second time", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub);
  const session = await hub.addSession(project, server, "claude");
  await hub.sessionReports(session.id, "working");
  const task = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, task, { session_id: session.id });
  await hub.settled();
  const reading = hub.holdAnswers("undelivered_on_server");
  await hub.sessionReports(session.id, "idle");
  await until(() => reading.count() > 0);
  await hub.engine.delivery.rederive();
  await until(async () => (await hub.task(task)).delivered_at !== null);
  reading.letGo();
  await hub.settled();
  expect(pushesOn(server)).toEqual([[task, session.id]]);
});

test("where the session that a task might have had does not come back, one is started", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub);
  const session = await hub.addSession(project, server, "claude");
  hub.disconnect(server.id);
  await hub.sessionIsMissing(session.id, "disconnected");
  const task = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, task, { server_id: server.id });
  const again = hub.connect(server.id);
  hub.engine.delivery.serverConnected(server.id);
  await hub.settled();
  await hub.sessionIsMissing(session.id, "lost");
  await hub.settled();
  expect(startsOn(again)).toHaveLength(1);
});

test("no session is started beyond the server's most: a task waits for one that is at work", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub, { max: 1 });
  const first = await hub.addTask(project);
  await hub.settled();
  const [started] = startsOn(server) as [SessionId];
  await hub.sessionReports(started, "idle");
  await hub.settled();
  await hub.sessionReports(started, "working");
  await cancelTask(hub.engine, SYSTEM, first);
  const next = await hub.addTask(project);
  await hub.settled();
  expect(startsOn(server)).toEqual([started]);
  await hub.sessionReports(started, "idle");
  await hub.settled();
  expect(pushesOn(server).at(-1)).toEqual([next, started]);
});

test("a session that was started for a task which is gone serves another", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub, { max: 1 });
  const first = await hub.addTask(project);
  await hub.settled();
  const second = await hub.addTask(project);
  await cancelTask(hub.engine, SYSTEM, first);
  await hub.settled();
  const [started] = startsOn(server) as [SessionId];
  await hub.sessionReports(started, "idle");
  await hub.settled();
  expect(pushesOn(server)).toEqual([[second, started]]);
  expect(startsOn(server)).toHaveLength(1);
});

test("a session gets one task at a time, also of those that a person chose it for", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub);
  const session = await hub.addSession(project, server, "claude");
  const tasks: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    const task = await hub.addTask(project, { auto_assign: false });
    await assignTask(hub.engine, SYSTEM, task, { session_id: session.id });
    tasks.push(task);
  }
  for (const [n, task] of tasks.entries()) {
    await hub.settled();
    await hub.engine.delivery.rederive();
    await hub.settled();
    expect(pushesOn(server)).toEqual(tasks.slice(0, n + 1).map((id) => [id, session.id]));
    await startTask(hub.engine, session, task);
    await hub.sessionReports(session.id, "working");
    await hub.sessionReports(session.id, "idle");
    await hub.settled();
    expect(pushesOn(server)).toHaveLength(n + 1);
    await completeTask(hub.engine, session, task, finished);
  }
});

test("a task that is given to another server while its push is being written reaches that server", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub, {}, { auto_start_sessions: false });
  const other = await hub.addServer(project, { agents: ["claude"] });
  const session = await hub.addSession(project, server, "claude");
  const there = await hub.addSession(project, other, "claude");
  const task = await hub.addTask(project, { auto_assign: false });
  const { pool } = hub.engine.database;
  let overtaking: Promise<void> | undefined;
  hub.connect(server.id, ({ type }) => {
    if (type !== "task_assigned" || overtaking !== undefined) return;
    overtaking = assignTask(hub.engine, SYSTEM, task, { server_id: other.id });
    // The push's own row is written once the other assignment is.
    const connect = pool.connect.bind(pool);
    pool.connect = (async () => {
      pool.connect = connect;
      await overtaking;
      return connect();
    }) as typeof connect;
  });
  await assignTask(hub.engine, SYSTEM, task, { server_id: server.id });
  await overtaking;
  await hub.settled();
  expect(await hub.task(task)).toMatchObject({ assigned_server_id: other.id, assigned_session_id: there.id });
  expect(pushesOn(other)).toEqual([[task, there.id]]);
  // Nothing is left of the first: its session takes other work.
  const next = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, next, { server_id: server.id });
  await hub.settled();
  expect(await hub.task(next)).toMatchObject({ assigned_session_id: session.id });
});

test("notes wait for the prompt, urgent ones interrupt, and a shell gets none", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub, { agents: ["claude", "shell"] });
  const agent = await hub.addSession(project, server, "claude");
  const shell = await hub.addSession(project, server, "shell");
  const note = (task: string, content: string, urgent: boolean) =>
    addNote(hub.engine, SYSTEM, task, { content, urgent });
  const notes = () => server.frames.flatMap((frame) => (frame.type === "task_note" ? [frame.content] : []));
  const ofAgent = await hub.addTask(project, { auto_assign: false });
  const ofShell = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, ofAgent, { session_id: agent.id });
  await assignTask(hub.engine, SYSTEM, ofShell, { session_id: shell.id });
  await hub.settled();
  await startTask(hub.engine, agent, ofAgent);
  await hub.sessionReports(agent.id, "working");

  await note(ofAgent, "By the way", false);
  await note(ofAgent, "Stop!", true);
  await note(ofShell, "rm -rf .", true);
  await hub.settled();
  expect(notes()).toEqual(["Stop!"]);
  await hub.sessionReports(agent.id, "waiting");
  await note(ofAgent, "Now!", true);
  await hub.settled();
  expect(notes()).toEqual(["Stop!"]);
  await hub.sessionReports(agent.id, "idle");
  await hub.settled();
  expect(notes()).toEqual(["Stop!", "By the way", "Now!"]);
  const kept = await hub.sql.query("select content, delivery from task_notes where delivery = 'queued'");
  expect(kept).toEqual([{ content: "rm -rf .", delivery: "queued" }]);
});

test("where nothing can be started the hub says nothing in its log and the task waits", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub);
  hub.disconnect(server.id);
  const errors: unknown[] = [];
  hub.engine.log.error = ((...said: unknown[]) => errors.push(said)) as typeof hub.engine.log.error;
  const task = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, task, { server_id: server.id });
  await hub.settled();
  await hub.engine.delivery.rederive();
  await hub.settled();
  expect(errors).toEqual([]);
  expect(await hub.task(task)).toMatchObject({ status: "assigned", assigned_session_id: null });
});
