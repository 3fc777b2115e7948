import * as agents from "@orchestratia/protocol/operations/agents";
import { markSessionReady } from "@orchestratia/protocol/operations/doctor";
import * as people from "@orchestratia/protocol/operations/people";
import * as tasks from "@orchestratia/protocol/operations/people-tasks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusalCode, type TestTeam } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";

let hub: TestHub;
let team: TestTeam;

beforeAll(async () => {
  hub = await startTestHub();
  team = await openTestTeam({ url: hub.url, admin: await hub.admin() });
});
afterAll(async () => {
  await team[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

async function begun() {
  const agent = await team.startAgent();
  const task = await team.addTask();
  await team.give(task, agent);
  await agent.client.call(agents.agentStartTask, { params: { task: task.id } });
  const view = () => team.admin.call(tasks.viewTask, { params: { project: team.project, task: task.id } });
  return { agent, task, view };
}

const secondsLeft = async (taskId: string) => {
  const [row] = await hub.database.sql.query<{ left: number }>(
    `select extract(epoch from expires_at - now())::float8 as "left" from engine.leases where task_id = $1`,
    [taskId],
  );
  return row?.left ?? 0;
};

/** As if nothing had been heard of the session for so long that the next sign counts. */
async function almostExpire(taskId: string, sessionId: string): Promise<void> {
  await hub.hub.engine.leases.settled();
  await hub.database.sql.query("update engine.leases set expires_at = now() + interval '1 minute' where task_id = $1", [
    taskId,
  ]);
  hub.hub.engine.leases.forget(sessionId);
}

test("a heartbeat and a call with the session's token extend the lease; a server's own call does not", async () => {
  const { agent, task } = await begun();
  await until(async () => (await secondsLeft(task.id)) > 590);
  await almostExpire(task.id, agent.id);
  await team.daemon.heartbeat();
  await until(async () => (await secondsLeft(task.id)) > 590);
  await almostExpire(task.id, agent.id);
  await agent.client.call(agents.agentStatus);
  await until(async () => (await secondsLeft(task.id)) > 590);
  await almostExpire(task.id, agent.id);
  await team.server.call(agents.agentStatus);
  await hub.hub.engine.leases.settled();
  expect(await secondsLeft(task.id)).toBeLessThanOrEqual(60);
});

test("a session that its daemon does not report any more is shown as lost with its task, until it is heard of", async () => {
  const { agent, view } = await begun();
  expect((await view()).worker_lost_since).toBeNull();
  team.daemon.terminals.delete(agent.id);
  await team.daemon.cut();
  await team.daemon.connect();
  await until(async () => (await view()).worker_lost_since !== null);
  expect((await view()).waiting_for).toBe("Waiting for its worker, of which nothing is heard");
  await agent.client.call(agents.agentStatus);
  await until(async () => (await view()).worker_lost_since === null);
});

test("through the door a session of a version 1 daemon is marked ready, and gets its work then", async () => {
  const agent = await team.startAgent();
  const task = await team.addTask();
  await team.give(task, agent);
  const params = { project: team.project, session: agent.id };
  const ready = await team.admin.call(markSessionReady, { params, body: { agent: "claude" } });
  expect(ready).toMatchObject({ agent: "claude", agent_status: "idle" });
  expect((await team.daemon.next("task_assigned")).task_id).toBe(task.id);
  await team.admin.call(people.closeSession, { params });
  await until(async () => (await team.admin.call(people.viewSession, { params })).status === "closed");
  expect(await refusalCode(team.admin.call(markSessionReady, { params, body: {} }))).toBe("session_not_live");
});
