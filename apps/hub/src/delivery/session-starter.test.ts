import type { SessionId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { ASSIGNED_TASK_COLUMNS, type AssignedTask } from "../matching/assigned-task.ts";
import { closeSession } from "../sessions/close-session.ts";
import { startSession } from "../sessions/start-session.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { until } from "../testing/until.ts";
import { SessionStarter } from "./session-starter.ts";

/** A starter beside an engine whose own starts nothing, and a task that lacks its session. That engine passes over shells. */
async function place(hub: TestEngine, agents: string[], settings: Record<string, unknown> = {}) {
  const project = await hub.addProject({ auto_start_sessions: false });
  const server = await hub.addServer(project, { agents, max: 1, repos: ["shop"] });
  const id = await hub.addTask(project, { target_repo: "shop" });
  await hub.settled();
  const set = (to: Record<string, unknown>) =>
    hub.sql.query("update projects set settings = $2 where id = $1", [project, JSON.stringify(to)]);
  await set(settings);
  const [task] = await hub.sql.query<AssignedTask>(`select ${ASSIGNED_TASK_COLUMNS} from tasks t where id = $1`, [id]);
  const starter = new SessionStarter({
    sql: hub.sql,
    sessions: hub.sessions,
    connections: hub.sessionHub.connections,
    startSession: (start) => startSession(hub.sessionHub, start),
    closeSession: (sessionId) => closeSession(hub.sessionHub, SYSTEM, sessionId),
    isFree: () => true,
    prepareCheckout: async (_task, _repo, folder) => folder,
  });
  const restingSession = async (agent: string, startedByHub: boolean) => {
    const start = { caller: SYSTEM, projectId: project, serverId: server.id, agent, startedByHub } as const;
    // The engine looks for work when a session comes to rest: its own starter must have looked before ours may.
    await set({ auto_start_sessions: false });
    const { id } = await startSession(hub.sessionHub, start);
    await hub.sessionReports(id as SessionId, "idle");
    await hub.settled();
    await set(settings);
    server.frames.length = 0;
    return id;
  };
  return { server, starter, task: task as AssignedTask, restingSession };
}

test("one of the hub's own sessions at rest makes room for the one that is needed", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, starter, task, restingSession } = await place(hub, ["claude", "shell"]);
  const resting = await restingSession("shell", true);
  await starter.startFor(task);
  expect(server.frames).toMatchObject([
    { type: "session_close", session_id: resting },
    { type: "session_start", agent: "claude", working_directory: "/srv/shop" },
  ]);
  const isMeant = hub.sessions.ofServer(server.id).map((session) => starter.isMeant(session));
  expect(isMeant).toEqual([false, true]);
});

test("what a person started, or what is at work, is left alone", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, starter, task, restingSession } = await place(hub, ["claude", "shell"]);
  await restingSession("shell", false);
  const own = await restingSession("shell", true);
  await hub.sessionReports(own, "working");
  await starter.startFor(task);
  expect(server.frames).toEqual([]);
  expect(starter.forget(task.id)).toBeUndefined();
});

test("the project's agent is started, else the first that the server has; where neither is there, none", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const started = async (agents: string[], settings: Record<string, unknown>) => {
    const { server, starter, task } = await place(hub, agents, settings);
    await starter.startFor(task);
    return server.frames.flatMap((frame) => (frame.type === "session_start" ? [frame.agent] : []));
  };
  expect(await started(["shell", "opencode", "codex"], {})).toEqual(["codex"]);
  expect(await started(["claude", "mine"], { default_agent: "mine" })).toEqual(["mine"]);
  expect(await started(["claude"], { default_agent: "mine" })).toEqual([]);
  expect(await started(["shell"], {})).toEqual([]);
  expect(await started(["claude"], { auto_start_sessions: false })).toEqual([]);
});

test("two at once for one task start one session", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, starter, task } = await place(hub, ["claude"]);
  await Promise.all([starter.startFor(task), starter.startFor(task)]);
  expect(server.frames.map(({ type }) => type)).toEqual(["session_start"]);
});

test("a start whose task has found another session meanwhile does not happen", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, starter, task } = await place(hub, ["claude"]);
  const starting = starter.startFor(task);
  expect(starter.forget(task.id)).toBe(server.id);
  await starting;
  expect(server.frames).toEqual([]);
});

test.each([
  ["the machine's owner lets none be started", { capabilities: { remote: ["read"] } }],
  ["the agent is gone since it was chosen", { agents: [{ name: "codex", kind: "codex" }] }],
])("a start that is refused since %s is counted", async (_, change) => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, starter, task } = await place(hub, ["claude"]);
  const [[column, value]] = Object.entries(change) as [[string, unknown]];
  // Changed while the start is on its way: what is refused is what the start itself finds.
  const answers = hub.holdAnswers("session_surroundings");
  const starting = starter.startFor(task);
  await until(() => answers.count() === 1);
  await hub.sql.query(`update servers set ${column} = $2 where id = $1`, [server.id, JSON.stringify(value)]);
  answers.letGo();
  await starting;
  expect(server.frames).toEqual([]);
  expect(await hub.task(task.id)).toMatchObject({ status: "assigned", start_failures: 1 });
});
