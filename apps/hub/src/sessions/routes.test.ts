import { randomUUID } from "node:crypto";
import * as agents from "@orchestratia/protocol/operations/agents";
import * as people from "@orchestratia/protocol/operations/people";
import type { ServerId, SessionId } from "@orchestratia/protocol/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { clientWithKey, openTestTeam, refusalCode, type TestTeam } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";

let hub: TestHub;
let team: TestTeam;
let other: TestTeam;

beforeAll(async () => {
  hub = await startTestHub();
  const admin = await hub.admin();
  team = await openTestTeam({ url: hub.url, admin });
  other = await openTestTeam({ url: hub.url, admin });
});
afterAll(async () => {
  await team[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const params = () => ({ project: team.project });

test("a person starts a session, sees it live, and closes it", async () => {
  const body = { server_id: team.daemon.serverId as ServerId, name: "mine", working_directory: "/srv" };
  const created = await team.admin.call(people.createSession, { params: params(), body });
  expect((await team.daemon.next("session_start")).session_id).toBe(created.id);
  expect(created).toMatchObject({ name: "mine", agent: "shell", role: "worker", server_name: expect.any(String) });
  const view = () => team.admin.call(people.viewSession, { params: { ...params(), session: created.id } });
  await until(async () => (await view()).status === "active");
  expect(await view()).toMatchObject({ working_directory: "/srv", task_id: null, closed_at: null });
  expect(await refusalCode(team.admin.call(people.createSession, { params: params(), body }))).toBe("key_taken");

  await team.admin.call(people.closeSession, { params: { ...params(), session: created.id } });
  await until(async () => (await view()).status === "closed");
  const again = team.admin.call(people.closeSession, { params: { ...params(), session: created.id } });
  expect(await refusalCode(again)).toBe("session_not_live");
});

test("live sessions are listed first, and alone when asked for", async () => {
  const [ended, live] = [await team.startAgent(), await team.startAgent()];
  await team.admin.call(people.closeSession, { params: { ...params(), session: ended.id } });
  const list = async (onlyLive?: string) => {
    const query = onlyLive === undefined ? {} : { live: onlyLive };
    return (await team.admin.call(people.listSessions, { params: params(), query })).sessions;
  };
  await until(async () => (await list("true")).every(({ id }) => id !== ended.id));
  const ids = (await list()).map(({ id }) => id);
  expect(ids.indexOf(live.id)).toBeLessThan(ids.indexOf(ended.id));
  expect((await list("true")).map(({ id }) => id)).toContain(live.id);
});

test("a session shows the task that it has begun", async () => {
  const worker = await team.startAgent();
  const task = await team.addTask();
  await team.give(await team.addTask(), worker);
  await team.give(task, worker);
  await worker.client.call(agents.agentStartTask, { params: { task: task.key } });
  const session = await team.admin.call(people.viewSession, { params: { ...params(), session: worker.id } });
  expect(session).toMatchObject({ task_id: task.id, task_key: task.key, task_title: task.title });
});

test("another project's sessions and servers do not exist", async () => {
  const foreign = await other.startAgent();
  const at = { ...params(), session: foreign.id };
  expect(await refusalCode(team.admin.call(people.viewSession, { params: at }))).toBe("session_not_found");
  expect(await refusalCode(team.admin.call(people.closeSession, { params: at }))).toBe("session_not_found");
  const body = { server_id: other.daemon.serverId as ServerId };
  expect(await refusalCode(team.admin.call(people.createSession, { params: params(), body }))).toBe("server_not_found");
  const unknown = { ...params(), session: randomUUID() as SessionId };
  expect(await refusalCode(team.admin.call(people.viewSession, { params: unknown }))).toBe("session_not_found");
});

test("agents see the live sessions of their own project", async () => {
  const worker = await team.startAgent();
  const foreign = await other.startAgent();
  for (const client of [worker.client, team.server]) {
    const { sessions } = await client.call(agents.agentListSessions, { query: { project_id: team.project } });
    const ids = sessions.map(({ id }) => id);
    expect(ids).toContain(worker.id);
    expect(ids).not.toContain(foreign.id);
  }
  const elsewhere = worker.client.call(agents.agentListSessions, { query: { project_id: other.project } });
  expect(await refusalCode(elsewhere)).toBe("project_not_found");
});

test("an agent is told who it is and what it has to do", async () => {
  const worker = await team.startAgent("orchestrator");
  const task = await team.addTask();
  await team.give(task, worker);
  const self = await worker.client.call(agents.agentStatus);
  expect(self).toMatchObject({
    connected: true,
    session_id: worker.id,
    session_name: worker.name,
    project_id: team.project,
    project_key: team.key,
    role: "orchestrator",
    task_summary: { pending: 1, running: 0, total: 1 },
  });
  expect(self.tasks.map(({ key }) => key)).toEqual([task.key]);
  await worker.client.call(agents.agentStartTask, { params: { task: task.key } });
  // A version 1 client signs with its server's key and names its session.
  const named = await team.server.call(agents.agentStatus, { query: { session_id: worker.id.toUpperCase() } });
  expect(named).toMatchObject({ session_id: worker.id, task_summary: { pending: 0, running: 1, total: 1 } });
  const nameless = await team.server.call(agents.agentStatus, { query: { session_id: "orc-unheard-of" } });
  expect(nameless).toMatchObject({ connected: true, session_id: null, role: "worker", project_key: team.key });
});

test("a session's token dies with it", async () => {
  const worker = await team.startAgent();
  await worker.client.call(agents.agentStatus);
  team.daemon.exit(worker.id);
  const status = () => refusalCode(clientWithKey(hub.url, worker.token).call(agents.agentStatus));
  await until(async () => (await status()) === "unauthenticated");
});

test("an agent goes on with the conversation of a session that ended, of the same agent and server only", async () => {
  const server_id = team.daemon.serverId as ServerId;
  const start = (resumes: SessionId, more: object = {}) =>
    team.admin.call(people.createSession, { params: params(), body: { server_id, agent: "claude", resumes, ...more } });
  const { id } = await team.admin.call(people.createSession, {
    params: params(),
    body: { server_id, agent: "claude" },
  });
  const first = id as SessionId;
  expect(await refusalCode(start(first))).toBe("session_live");
  await team.admin.call(people.closeSession, { params: { ...params(), session: first } });
  await until(
    async () =>
      (await team.admin.call(people.viewSession, { params: { ...params(), session: first } })).status === "closed",
  );
  const next = await start(first);
  await until(() => team.daemon.frames.some((frame) => "session_id" in frame && frame.session_id === next.id));
  expect(team.daemon.frames.find((frame) => "session_id" in frame && frame.session_id === next.id)).toMatchObject({
    type: "session_start",
    agent: "claude",
    resumes: first,
  });
  expect(await refusalCode(start(first, { agent: "shell" }))).toBe("session_not_found");
  expect(await refusalCode(start((await other.startAgent()).id as SessionId))).toBe("session_not_found");
});
