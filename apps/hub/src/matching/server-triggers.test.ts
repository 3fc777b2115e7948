import * as people from "@orchestratia/protocol/operations/people";
import * as tasks from "@orchestratia/protocol/operations/people-tasks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, type TestTeam } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const openTeam = async () => openTestTeam({ url: hub.url, admin: await hub.admin() });

async function addTask(team: TestTeam, capability_requirements: Record<string, unknown> = {}) {
  const task = await team.addTask({ auto_assign: true, structured_spec: { capability_requirements } });
  const params = { project: team.project, task: task.key };
  return async () => (await team.admin.call(tasks.viewTask, { params })).status === "assigned";
}

test("a server that connects gets what waited for it, and so does one whose heartbeat comes back", async () => {
  await using team = await openTeam();
  await team.daemon.cut();
  const { serverId } = team.daemon;
  const { fleet } = hub.hub.engine;
  await until(() => fleet.of(team.project).get(serverId)?.reachable === false);
  const first = await addTask(team);
  await hub.hub.engine.settled();
  expect(await first()).toBe(false);
  await team.daemon.connect();
  await until(first);

  await hub.database.sql.query("update servers set status = 'offline', offline_since = now() where id = $1", [
    serverId,
  ]);
  await fleet.refresh(serverId);
  const second = await addTask(team);
  await hub.hub.engine.settled();
  expect(await second()).toBe(false);
  await team.daemon.heartbeat();
  await until(second);
});

test("a server that reports what was missing gets the task at once", async () => {
  await using team = await openTeam();
  const isPlaced = await addTask(team, { repo: "shop", languages: ["go"] });
  await team.daemon.heartbeat({ repos: { shop: "/srv/shop" } });
  await hub.hub.engine.settled();
  expect(await isPlaced()).toBe(false);
  await team.daemon.heartbeat({ capabilities: { languages: ["Go"] } });
  await until(isPlaced);
});

test("a project that begins to start sessions starts those that its tasks wait for", async () => {
  await using team = await openTeam();
  const params = { project: team.project };
  const settings = (auto_start_sessions: boolean) =>
    team.admin.call(people.updateProject, {
      params,
      body: { settings: { auto_start_sessions, default_agent: "shell" } },
    });
  await settings(false);
  await team.daemon.heartbeat({ agents: [{ name: "shell", kind: "shell" }] });
  const isPlaced = await addTask(team);
  await until(isPlaced);
  await hub.hub.engine.settled();
  expect(team.daemon.frames.filter(({ type }) => type === "session_start")).toEqual([]);
  await settings(true);
  await team.daemon.next("session_start");
});
