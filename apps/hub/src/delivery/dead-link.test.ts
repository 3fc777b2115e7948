import * as agents from "@orchestratia/protocol/operations/agents";
import * as interventions from "@orchestratia/protocol/operations/interventions";
import * as people from "@orchestratia/protocol/operations/people";
import type { ServerId } from "@orchestratia/protocol/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { clientWithKey, openTestTeam, type TestTeam } from "../testing/test-team.ts";
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

/** A session whose daemon says what its agent does. */
async function startClaude() {
  const { project, daemon, admin } = team;
  const body = { server_id: daemon.serverId as ServerId, role: "worker", agent: "claude" } as const;
  const { id, name } = await admin.call(people.createSession, { params: { project }, body });
  const { session_token: token = "" } = await daemon.next("session_start");
  daemon.status(id, "idle");
  const which = { params: { project, session: id } };
  await until(async () => (await admin.call(people.viewSession, which)).agent_status === "idle");
  return { id, name, token, client: clientWithKey(hub.url, token) };
}

test("an answer that was written to a link which had gone dead is typed when its daemon is back", async () => {
  const { daemon, admin, project } = team;
  const worker = await startClaude();
  const task = await team.give(await team.addTask(), worker);
  await daemon.next("task_assigned");
  const params = { project, task: task.key };
  await worker.client.call(agents.agentStartTask, { params });
  const { intervention_id } = await worker.client.call(agents.agentHelpTask, { params, body: { question: "May I?" } });
  const which = { params: { project, intervention: intervention_id } };
  const delivery = async () => (await admin.call(interventions.viewIntervention, which)).delivery;
  daemon.stall();
  await admin.call(people.respondIntervention, { ...which, body: { response: "Yes" } });
  await until(async () => (await delivery()) === "delivered");
  await daemon.cut();
  await daemon.connect();
  daemon.status(worker.id, "idle");
  expect(await daemon.next("intervention_response")).toMatchObject({ session_id: worker.id, response: "(again) Yes" });
  await until(async () => (await delivery()) === "delivered");
});
