import type { ProjectId, SessionId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { diagnose } from "../doctor/diagnose.ts";
import { respondIntervention } from "../interventions/respond-intervention.ts";
import { takeLeasesAsSeen } from "../leases/taken-as-seen.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine, type TestServerRow } from "../testing/test-engine.ts";
import { ADA } from "../testing/worker-stage.ts";

const pushesOn = (server: TestServerRow) => server.frames.filter(({ type }) => type === "task_assigned").length;
const startsOn = (server: TestServerRow): SessionId[] =>
  server.frames.flatMap((frame) => (frame.type === "session_start" ? [frame.session_id as SessionId] : []));

const openQuestions = (hub: TestEngine, task: string) =>
  hub.sql.query<{ id: string; cause: string; options: string[] }>(
    "select id, cause, options from interventions where task_id = $1 and status = 'pending' and raised_by = 'hub'",
    [task],
  );

async function answer(hub: TestEngine, task: string, choice: string): Promise<void> {
  const [question] = await openQuestions(hub, task);
  await respondIntervention(hub.engine, ADA, question?.id ?? "", choice);
  await hub.settled();
}

async function codes(hub: TestEngine): Promise<string[]> {
  const connectedServers = hub.sessionHub.connections.connected();
  return (await diagnose(hub.sql, { connectedServers, patienceSeconds: 0 })).findings.map(({ code }) => code);
}

async function rederive(hub: TestEngine): Promise<void> {
  await hub.engine.rederive();
  await hub.settled();
}

/** Three sessions in a row do not start. */
async function failToStart(hub: TestEngine, server: TestServerRow): Promise<void> {
  for (let n = 0; n < 3; n += 1) {
    await hub.sessionEnds(startsOn(server).at(-1) as SessionId, "no such program");
    await hub.settled();
  }
  await rederive(hub);
}

test("after three sessions that did not start the next server is tried; where none is left the task fails", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const one = await hub.addServer(project, { agents: ["claude"], name: "one" });
  const task = await hub.addTask(project);
  await hub.settled();
  const two = await hub.addServer(project, { agents: ["claude"], name: "two" });
  await failToStart(hub, one);
  expect(await hub.task(task)).toMatchObject({
    status: "assigned",
    assigned_server_id: two.id,
    tried_servers: [one.id],
  });
  await failToStart(hub, two);
  expect(await hub.task(task)).toMatchObject({
    status: "failed",
    status_reason: expect.stringContaining("no other server is left to try"),
  });
});

test("what waits to be tried on another server fails when that one is none any more, and only then", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const one = await hub.addServer(project, { agents: ["claude"], name: "one", repos: ["app"] });
  const task = await hub.addTask(project, { structured_spec: { capability_requirements: { repo: "app" } } });
  const behind = await hub.addTask(project, { dependency_ids: [task] });
  await hub.settled();
  const two = await hub.addServer(project, { agents: ["claude"], name: "two", repos: ["app"] });
  await hub.goOffline(two.id);
  await failToStart(hub, one);
  await rederive(hub);
  expect(await hub.task(task)).toMatchObject({ status: "pending", tried_servers: [one.id] });

  // Nobody has what it needs now: that may change.
  const setRepos = async (server: TestServerRow, repos: object) => {
    await hub.sql.query("update servers set repos = $2 where id = $1", [server.id, JSON.stringify(repos)]);
    await hub.engine.fleet.refresh(server.id);
    await rederive(hub);
  };
  await setRepos(one, {});
  await setRepos(two, {});
  expect(await hub.task(task)).toMatchObject({ status: "pending" });
  await setRepos(one, { app: "/srv/app" });
  expect(await hub.task(task)).toMatchObject({
    status: "failed",
    status_reason: "No session could be started for it on one, and no other server is left to try.",
  });
  expect(await openQuestions(hub, behind)).toMatchObject([{ cause: `upstream_failed:${task}` }]);
  expect(startsOn(one)).toHaveLength(3);
});

test("where a person chose the server, three failed starts are asked about", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const server = await hub.addServer(project, { agents: ["claude"] });
  const task = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, ADA, task, { server_id: server.id });
  await hub.settled();
  await failToStart(hub, server);
  expect(await hub.task(task)).toMatchObject({ status: "assigned", assigned_server_id: server.id });
  expect(await openQuestions(hub, task)).toMatchObject([
    { cause: "start_failed", options: ["Try again", "Let the hub choose", "Fail"] },
  ]);
  await answer(hub, task, "Try again");
  expect(startsOn(server)).toHaveLength(4);
  expect(await openQuestions(hub, task)).toEqual([]);
  await failToStart(hub, server);
  await answer(hub, task, "Fail");
  expect(await hub.task(task)).toMatchObject({ status: "failed" });
});

async function delivered(hub: TestEngine, project: ProjectId) {
  const server = await hub.addServer(project, { agents: ["claude"] });
  const session = await hub.addSession(project, server, "claude");
  const task = await hub.addTask(project);
  await hub.settled();
  expect(pushesOn(server)).toBe(1);
  return { server, session, task };
}

const passMinutes = (hub: TestEngine, task: string, minutes: number) =>
  hub.sql.query(
    `update tasks set delivered_at = delivered_at - make_interval(mins => $2),
       told_at = told_at - make_interval(mins => $2), reminded_at = reminded_at - make_interval(mins => $2)
     where id = $1`,
    [task, minutes],
  );

test.each([
  ["work", {}],
  ["planning", { require_plan_approval: true }],
])(
  "%s that was delivered and is not begun is delivered once more after 10 minutes, then the hub asks",
  async (_, settings) => {
    await using database = await createTestDatabase();
    await using hub = await openTestEngine(database.url);
    const { server, task } = await delivered(hub, await hub.addProject(settings));
    await passMinutes(hub, task, 9);
    await rederive(hub);
    expect(pushesOn(server)).toBe(1);
    await passMinutes(hub, task, 1);
    await rederive(hub);
    expect(pushesOn(server)).toBe(2);
    await passMinutes(hub, task, 9);
    await rederive(hub);
    expect(await openQuestions(hub, task)).toEqual([]);
    await passMinutes(hub, task, 1);
    await rederive(hub);
    expect(pushesOn(server)).toBe(2);
    expect(await openQuestions(hub, task)).toMatchObject([
      { cause: "not_started", options: ["Deliver again", "Reassign", "Cancel"] },
    ]);
    await answer(hub, task, "Deliver again");
    expect(pushesOn(server)).toBe(3);
    await passMinutes(hub, task, 11);
    await rederive(hub);
    expect(await openQuestions(hub, task)).toHaveLength(1);
    await answer(hub, task, "Cancel");
    expect(await hub.task(task)).toMatchObject({ status: "cancelled" });
  },
);

test.each([
  ["waits for a person", "waiting", {}],
  ["is at work", "working", {}],
  ["does nobody know what", "unknown", {}],
  ["waits for a person over its plan", "waiting", { require_plan_approval: true }],
] as const)(
  "where the agent %s when it was to be told again, the hub asks all the same",
  async (_, agentStatus, settings) => {
    await using database = await createTestDatabase();
    await using hub = await openTestEngine(database.url);
    const project = await hub.addProject({ auto_start_sessions: false, ...settings });
    const { server, session, task } = await delivered(hub, project);
    await hub.sessionReports(session.id, agentStatus);
    await passMinutes(hub, task, 10);
    await rederive(hub);
    expect(pushesOn(server)).toBe(1);
    await passMinutes(hub, task, 9);
    await rederive(hub);
    expect(await openQuestions(hub, task)).toEqual([]);
    await passMinutes(hub, task, 1);
    await rederive(hub);
    expect(await openQuestions(hub, task)).toMatchObject([{ cause: "not_started" }]);
    expect(await codes(hub)).toEqual(["not_started"]);
    await answer(hub, task, "Deliver again");
    await rederive(hub);
    expect(await openQuestions(hub, task)).toEqual([]);
    await hub.sessionReports(session.id, "idle");
    await hub.settled();
    expect(pushesOn(server)).toBe(2);
  },
);

test("neither a connection that breaks again and again nor a busy agent puts the question off", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, session, task } = await delivered(hub, await hub.addProject({ auto_start_sessions: false }));
  const reconnect = async () => {
    hub.engine.delivery.serverConnected(server.id);
    await hub.settled();
    await rederive(hub);
  };
  for (let minute = 0; minute < 10; minute += 5) {
    await passMinutes(hub, task, 5);
    await reconnect();
  }
  expect(await hub.task(task)).toMatchObject({ reminded_at: expect.any(Date) });
  await hub.sessionReports(session.id, "working");
  for (let minute = 0; minute < 10; minute += 5) {
    expect(await openQuestions(hub, task)).toEqual([]);
    await passMinutes(hub, task, 5);
    await reconnect();
  }
  expect(await openQuestions(hub, task)).toMatchObject([{ cause: "not_started" }]);
});

test("a session that takes the place of one that ended has its own time to begin", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const { server, session, task } = await delivered(hub, project);
  for (let n = 0; n < 2; n += 1) {
    await passMinutes(hub, task, 10);
    await rederive(hub);
  }
  expect(await openQuestions(hub, task)).toHaveLength(1);
  const other = await hub.addSession(project, server, "claude");
  await hub.sessionEnds(session.id);
  await hub.settled();
  await rederive(hub);
  expect(await hub.task(task)).toMatchObject({ assigned_session_id: other.id, reminded_at: null });
  expect(await openQuestions(hub, task)).toEqual([]);
  await passMinutes(hub, task, 9);
  await rederive(hub);
  expect(pushesOn(server)).toBe(3);
  await passMinutes(hub, task, 1);
  await rederive(hub);
  expect(pushesOn(server)).toBe(4);
});

test("time in which the hub was away is no time in which the task was to be begun", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, task } = await delivered(hub, await hub.addProject({ auto_start_sessions: false }));
  await passMinutes(hub, task, 60);
  await takeLeasesAsSeen(hub.sql);
  await rederive(hub);
  expect(pushesOn(server)).toBe(1);
});

test.each([{}, { require_plan_approval: true }])(
  "Reassign takes the task back, and the hub places it again (settings %j)",
  async (settings) => {
    await using database = await createTestDatabase();
    await using hub = await openTestEngine(database.url);
    const project = await hub.addProject({ auto_start_sessions: false, ...settings });
    const { session, task } = await delivered(hub, project);
    await hub.sql.query("update tasks set reminded_at = now() where id = $1", [task]);
    await passMinutes(hub, task, 11);
    await rederive(hub);
    await hub.sessionReports(session.id, "working");
    await answer(hub, task, "Reassign");
    expect(await hub.task(task)).toMatchObject({ status: "assigned", assigned_session_id: null, reminded_at: null });
  },
);

const passGrace = (hub: TestEngine, task: string, minutes: number) =>
  hub.sql.query(
    `with moved as (update tasks set updated_at = updated_at - make_interval(mins => $2), ask_at = ask_at - make_interval(mins => $2)
       where id = $1 returning assigned_server_id)
     update servers set offline_since = offline_since - make_interval(mins => $2) from moved where id = moved.assigned_server_id`,
    [task, minutes],
  );

test("a session that a person chose and that its daemon has lost is waited for as long as the grace, then another is chosen", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const server = await hub.addServer(project, { agents: ["claude"] });
  const chosen = await hub.addSession(project, server, "claude");
  await hub.sessionReports(chosen.id, "working");
  const task = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, ADA, task, { session_id: chosen.id });
  await hub.sessionIsMissing(chosen.id, "lost");
  const other = await hub.addSession(project, server, "claude");
  const passMissing = async (minutes: number) => {
    await hub.sql.query("update sessions set missing_since = missing_since - make_interval(mins => $2) where id = $1", [
      chosen.id,
      minutes,
    ]);
    await rederive(hub);
  };
  await passMissing(9);
  expect(await hub.task(task)).toMatchObject({ assigned_session_id: chosen.id, deliveries: 0 });
  await passMissing(2);
  expect(await hub.task(task)).toMatchObject({ assigned_session_id: other.id, deliveries: 1 });
});

test("what the matcher gave to a server that stays offline longer than the grace goes elsewhere", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const lost = await hub.addServer(project, { agents: ["claude"] });
  const task = await hub.addTask(project);
  await hub.settled();
  const other = await hub.addServer(project, { agents: ["claude"] });
  await hub.goOffline(lost.id);
  await passGrace(hub, task, 9);
  await rederive(hub);
  expect(await hub.task(task)).toMatchObject({ assigned_server_id: lost.id });
  await passGrace(hub, task, 2);
  await rederive(hub);
  expect(await hub.task(task)).toMatchObject({ status: "assigned", assigned_server_id: other.id, attempt: 1 });
});

test("where a person chose the lost server, the hub asks, again after another grace, and forgets it when it is back", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const lost = await hub.addServer(project, { agents: ["claude"] });
  const other = await hub.addServer(project, { agents: ["claude"] });
  const task = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, ADA, task, { server_id: lost.id });
  await hub.goOffline(lost.id);
  await passGrace(hub, task, 11);
  await rederive(hub);
  expect(await openQuestions(hub, task)).toMatchObject([{ cause: "server_lost", options: ["Move", "Wait"] }]);
  await answer(hub, task, "Wait");
  await rederive(hub);
  expect(await openQuestions(hub, task)).toEqual([]);
  await passGrace(hub, task, 11);
  await rederive(hub);
  expect(await openQuestions(hub, task)).toHaveLength(1);

  await hub.comeOnline(lost.id);
  await hub.settled();
  expect(await openQuestions(hub, task)).toEqual([]);

  await hub.goOffline(lost.id);
  await passGrace(hub, task, 11);
  await rederive(hub);
  await answer(hub, task, "Move");
  expect(await hub.task(task)).toMatchObject({ status: "assigned", assigned_server_id: other.id });
});
