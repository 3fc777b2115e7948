import * as agents from "@orchestratia/protocol/operations/agents";
import * as people from "@orchestratia/protocol/operations/people";
import * as tasks from "@orchestratia/protocol/operations/people-tasks";
import { updateServer, viewServer } from "@orchestratia/protocol/operations/servers-admin";
import type { ServerChanges } from "@orchestratia/protocol/servers";
import type { ServerId } from "@orchestratia/protocol/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusalCode, type TestTeam } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const openTeam = async () => openTestTeam({ url: hub.url, admin: await hub.admin() });
const serverOf = (team: TestTeam) => ({ project: team.project, server: team.daemon.serverId });
const change = (team: TestTeam, body: ServerChanges) => team.admin.call(updateServer, { params: serverOf(team), body });
const view = (team: TestTeam) => team.admin.call(viewServer, { params: serverOf(team) });

/** Made to be placed by the matcher; answers how to see whether it was. */
async function waitingTask(team: TestTeam, capability_requirements: Record<string, unknown> = {}) {
  const task = await team.addTask({ auto_assign: true, structured_spec: { capability_requirements } });
  const params = { project: team.project, task: task.key };
  return async () => (await team.admin.call(tasks.viewTask, { params })).assigned_server_id === team.daemon.serverId;
}
const settled = () => hub.hub.engine.settled();

test("a server is read by its id and by its name, and of another project not at all", async () => {
  await using team = await openTeam();
  await using other = await openTeam();
  const found = await view(team);
  expect(found).toMatchObject({ id: team.daemon.serverId, capabilities_override: null, max_concurrent_override: null });
  const byName = { params: { project: team.project, server: found.name } };
  expect(await team.admin.call(viewServer, byName)).toEqual(found);
  const foreign = { project: team.project, server: other.daemon.serverId };
  expect(await refusalCode(team.admin.call(viewServer, { params: foreign }))).toBe("server_not_found");
  const drained = team.admin.call(updateServer, { params: foreign, body: { draining: true } });
  expect(await refusalCode(drained)).toBe("server_not_found");
});

test("a draining server keeps what it has and gets nothing new until the drain ends; both are facts", async () => {
  await using team = await openTeam();
  const has = await waitingTask(team);
  await until(has);
  expect(await change(team, { draining: true })).toMatchObject({ draining: true, active_tasks: 1 });
  const isPlaced = await waitingTask(team);
  await settled();
  expect(await isPlaced()).toBe(false);
  expect(await has()).toBe(true);
  const byHand = await team.addTask();
  const on = { project: team.project, task: byHand.key };
  const body = { server_id: team.daemon.serverId as ServerId };
  expect(await team.admin.call(tasks.assignTask, { params: on, body })).toMatchObject({ status: "assigned" });
  await change(team, { draining: true });
  await change(team, { draining: false });
  await until(isPlaced);

  const { activity } = await team.admin.call(people.listActivity, { params: { project: team.project }, query: {} });
  const types = activity.map(({ event_type }) => event_type as string).filter((type) => /drain/.test(type));
  expect(types).toEqual(["server.drain_ended", "server.draining"]);
});

test("what the hub says of a server outlives what its daemon reports, and places what waited for it", async () => {
  await using team = await openTeam();
  await team.daemon.heartbeat({ repos: { blog: "/srv/blog" }, capabilities: { languages: ["go"] } });
  const isPlaced = await waitingTask(team, { repo: "shop", languages: ["go"] });
  await settled();
  expect(await isPlaced()).toBe(false);
  const override = { repos: { Shop: "/srv/shop" }, tools: ["docker"] };
  expect(await change(team, { capabilities_override: override })).toMatchObject({
    repos: { Shop: "/srv/shop" },
    capabilities: { languages: ["go"], tools: ["docker"] },
    capabilities_override: override,
  });
  await until(isPlaced);
  await team.daemon.heartbeat({ repos: { blog: "/srv/blog" }, capabilities: { languages: ["c"], tools: [] } });
  expect(await view(team)).toMatchObject({
    repos: { Shop: "/srv/shop" },
    capabilities: { languages: ["c"], tools: ["docker"] },
  });
  expect(await change(team, { capabilities_override: null })).toMatchObject({
    repos: { blog: "/srv/blog" },
    capabilities: { tools: [] },
    capabilities_override: null,
  });
});

test("how many tasks it takes is the hub's word until that is taken back", async () => {
  await using team = await openTeam();
  const agentsThere = [{ name: "shell", kind: "shell" as const }];
  await team.daemon.heartbeat({ agents: agentsThere, max_concurrent: 3 });
  expect(await change(team, { max_concurrent_override: 0 })).toMatchObject({ max_concurrent: 0 });
  const isPlaced = await waitingTask(team);
  await settled();
  expect(await isPlaced()).toBe(false);
  await team.daemon.heartbeat({ agents: agentsThere, max_concurrent: 5 });
  expect((await view(team)).max_concurrent).toBe(0);
  expect(await change(team, { max_concurrent_override: null })).toMatchObject({
    max_concurrent: 5,
    max_concurrent_override: null,
  });
  await until(isPlaced);
});

test("a name is its own in the project, and an empty change is refused", async () => {
  await using team = await openTeam();
  await hub.registerServer({ key: team.key }, { name: "taken" });
  expect(await refusalCode(change(team, { name: "taken" }))).toBe("server_name_taken");
  expect(await refusalCode(change(team, {}))).toBe("invalid_request");
  expect(await change(team, { name: "forge" })).toMatchObject({ name: "forge" });
  expect(await change(team, { name: "forge", draining: false })).toMatchObject({ name: "forge" });
  await until(async () => {
    const query = { event_type: "server.updated" };
    const { activity } = await team.admin.call(people.listActivity, { params: { project: team.project }, query });
    return activity.at(-1)?.details.name === "forge";
  });
});

test("neither the server's own key nor a session's token changes a server", async () => {
  await using team = await openTeam();
  const { client } = await team.startAgent("orchestrator");
  for (const door of [team.server, client]) {
    const tried = door.call(updateServer, { params: serverOf(team), body: { draining: true } });
    expect(await refusalCode(tried)).toBe("unauthenticated");
  }
  const [seen] = (await client.call(agents.agentListServers, {})).servers;
  expect(seen).toMatchObject({ draining: false });
});
