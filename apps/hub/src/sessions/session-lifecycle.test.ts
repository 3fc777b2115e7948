import { afterAll, beforeAll, expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { secretHash } from "../access/secret-hash.ts";
import { createTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import { startTestLinks, type TestLinks } from "../testing/test-links.ts";
import { until } from "../testing/until.ts";
import { closeSession } from "./close-session.ts";
import { loadSessions } from "./load-sessions.ts";
import { roleByName, startSession } from "./start-session.ts";

let database: TestDatabase;
let links: TestLinks;

beforeAll(async () => {
  database = await createTestDatabase();
  links = await startTestLinks(database.url, { answerMs: 400 });
});
afterAll(async () => {
  await links[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const factsOf = async (sessionId: string) => {
  await links.settled();
  return links.sql.query<{ event_type: string; details: Record<string, unknown>; actor: { name: string } }>(
    "select event_type, details, actor from activity_log where session_id = $1 order by position",
    [sessionId],
  );
};

test("a session starts, works and ends; its token lives exactly as long", async () => {
  const projectId = await links.addProject();
  const server = await links.addServer(projectId, ["claude", "shell"]);
  await using daemon = links.daemon(server.apiKey);
  await daemon.connect();
  const session = await links.session(projectId, server.id, {
    agent: "claude",
    workingDirectory: "/srv/app",
    cols: 90,
  });
  const start = await daemon.next("session_start");
  expect(start).toMatchObject({
    session_id: session.id,
    project_id: projectId,
    working_directory: "/srv/app",
    cols: 90,
    rows: 40,
    role: "worker",
    agent: "claude",
    agent_type: "claude_code",
  });
  const token = String(start.session_token);
  expect(token).toMatch(/^orcs_.{40,}$/);
  expect(await links.row(session.id)).toMatchObject({
    status: "active",
    name: "claude-1",
    token_hash: secretHash(token),
    working_directory: "/srv/app",
  });
  expect((await links.identities.find(token))?.caller).toMatchObject({
    kind: "session",
    id: session.id,
    role: "worker",
  });

  daemon.status(session.id, "working");
  await until(() => session.agentStatus === "working");
  daemon.status(session.id, "working");
  daemon.exit(session.id, 3);
  await until(() => session.status === "closed");
  expect(await links.row(session.id)).toMatchObject({
    status: "closed",
    exit_code: 3,
    agent_status: "exited",
    token_hash: null,
  });
  expect(await links.identities.find(token)).toBeUndefined();
  expect(links.sessions.get(session.id)).toBeUndefined();
  expect((await factsOf(session.id)).map(({ event_type }) => event_type)).toEqual([
    "session.created",
    "session.started",
    "session.agent_status_changed",
    "session.closed",
  ]);
});

test("names are unique among live sessions: asked for, refused; not asked for, counted on", async () => {
  const { projectId, server, daemon } = await links.stage();
  const named = await links.session(projectId, server.id, { name: "builder" });
  const again = links.session(projectId, server.id, { name: "builder" });
  await expect(again).rejects.toMatchObject({ code: "key_taken" });
  // The stage's own session is shell-1.
  const both = await Promise.all([links.session(projectId, server.id), links.session(projectId, server.id)]);
  expect(both.map(({ name }) => name).sort()).toEqual(["shell-2", "shell-3"]);
  daemon.exit(named.id);
  await until(() => named.status === "closed");
  expect((await links.session(projectId, server.id, { name: "builder" })).name).toBe("builder");
  await daemon[Symbol.asyncDispose]();
});

test("a name sets the role unless one is given", async () => {
  expect(["The Orchestrator", "platform-1", "my coordinator", "worker-1"].map(roleByName)).toEqual([
    "orchestrator",
    "orchestrator",
    "orchestrator",
    "worker",
  ]);
  const { projectId, server, daemon } = await links.stage();
  expect((await links.session(projectId, server.id, { name: "orchestrator" })).role).toBe("orchestrator");
  expect((await links.session(projectId, server.id, { name: "platform", role: "worker" })).role).toBe("worker");
  await daemon[Symbol.asyncDispose]();
});

test("a server that is not there, not connected, or without the agent refuses", async () => {
  const projectId = await links.addProject();
  const other = await links.addProject();
  const server = await links.addServer(projectId, ["claude"]);
  const start = { caller: SYSTEM, projectId, serverId: server.id, agent: "claude", startedByHub: false };
  await expect(startSession(links.sessionHub, start)).rejects.toMatchObject({ code: "server_unreachable" });
  await using daemon = links.daemon(server.apiKey);
  await daemon.connect();
  const foreign = startSession(links.sessionHub, { ...start, projectId: other });
  await expect(foreign).rejects.toMatchObject({ code: "server_not_found" });
  const unknown = startSession(links.sessionHub, { ...start, agent: "codex" });
  await expect(unknown).rejects.toMatchObject({ code: "agent_unknown" });
  expect(await links.sql.query("select id from sessions where project_id = any($1)", [[projectId, other]])).toEqual([]);
});

test("a start that fails says why", async () => {
  const projectId = await links.addProject();
  const server = await links.addServer(projectId);
  await using daemon = links.daemon(server.apiKey, { answers: false });
  await daemon.connect();
  const started = links.session(projectId, server.id);
  const { session_id } = await daemon.next("session_start");
  daemon.send({ type: "session_error", session_id, error: "no such \0 directory \ud800" });
  const session = await started;
  expect(session.status).toBe("error");
  expect((await links.row(session_id)).error).toMatch(/^no such {2}directory/);
});

test("what a session's machine warns of is kept for people; a session that its machine ended says why", async () => {
  const projectId = await links.addProject();
  const server = await links.addServer(projectId);
  await using daemon = links.daemon(server.apiKey);
  await daemon.connect();
  const session = await links.session(projectId, server.id);
  daemon.send({ type: "session_warning", session_id: session.id, text: "near a limit" });
  const warned = "select details from activity_log where session_id = $1 and event_type = 'session.warned'";
  await until(async () => (await links.sql.query(warned, [session.id])).length > 0);
  expect(await links.sql.query(warned, [session.id])).toEqual([
    { details: { name: session.name, text: "near a limit" } },
  ]);
  const error = "this machine ended the session: it used 9 GiB of memory, max_memory_per_session is 8 GiB";
  daemon.send({ type: "session_closed", session_id: session.id, exit_code: -9, error });
  await until(async () => (await links.row(session.id)).status === "error");
  expect(await links.row(session.id)).toMatchObject({ status: "error", error });
});

test("a start that nobody answers is given up, and a late answer is closed", async () => {
  const projectId = await links.addProject();
  const server = await links.addServer(projectId);
  await using daemon = links.daemon(server.apiKey, { answers: false });
  await daemon.connect();
  const session = await links.session(projectId, server.id);
  expect(session.status).toBe("error");
  expect(await links.row(session.id)).toMatchObject({ status: "error", error: "The server did not answer." });
  expect((await daemon.next("session_close")).session_id).toBe(session.id);
  daemon.send({ type: "session_started", session_id: session.id });
  expect((await daemon.next("session_close")).session_id).toBe(session.id);
  await links.settled();
  expect(await links.row(session.id)).toMatchObject({ status: "error" });
});

test("closing asks the daemon, and the fact names who asked", async () => {
  const { projectId, daemon, session } = await links.stage();
  const person = await links.addPerson(projectId);
  const { caller } = (await links.identities.find(person.token)) ?? { caller: SYSTEM };
  await closeSession(links.sessionHub, caller, session.id);
  expect((await daemon.next("session_close")).session_id).toBe(session.id);
  await until(() => session.status === "closed");
  const facts = await factsOf(session.id);
  expect(facts.at(-1)).toMatchObject({
    event_type: "session.closed",
    actor: { name: person.name },
    details: { exit_code: -1 },
  });
  await expect(closeSession(links.sessionHub, caller, session.id)).rejects.toMatchObject({ code: "session_not_live" });
  await daemon[Symbol.asyncDispose]();
});

test("a close that was lost on its way is asked for again when the session is back", async () => {
  const { daemon, session } = await links.stage();
  daemon.stall();
  await closeSession(links.sessionHub, SYSTEM, session.id);
  await daemon.cut();
  await until(() => session.status === "disconnected");
  await daemon.connect();
  expect((await daemon.next("session_close")).session_id).toBe(session.id);
  await daemon[Symbol.asyncDispose]();
});

test("a close outlives the hub that was asked for it, with who asked", async () => {
  const { projectId, daemon, session } = await links.stage();
  const person = await links.addPerson(projectId);
  const { caller } = (await links.identities.find(person.token)) ?? { caller: SYSTEM };
  daemon.stall();
  await closeSession(links.sessionHub, caller, session.id);
  await daemon.cut();
  await until(() => session.status === "disconnected");
  await loadSessions(links.sessionHub);
  await daemon.connect();
  expect((await daemon.next("session_close")).session_id).toBe(session.id);
  await until(async () => (await links.row(session.id)).status === "closed");
  expect((await factsOf(session.id)).at(-1)).toMatchObject({
    event_type: "session.closed",
    actor: { name: person.name },
  });
  await daemon[Symbol.asyncDispose]();
});

test("a session whose server is away is closed at once, and there at its return", async () => {
  const { daemon, session } = await links.stage();
  await daemon.cut();
  await until(() => session.status === "disconnected");
  await closeSession(links.sessionHub, SYSTEM, session.id);
  expect(await links.row(session.id)).toMatchObject({ status: "closed", exit_code: null });
  await daemon.connect();
  expect((await daemon.next("session_close")).session_id).toBe(session.id);
  await daemon[Symbol.asyncDispose]();
});
