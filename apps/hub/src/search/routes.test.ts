import * as operations from "@orchestratia/protocol/operations/search";
import { expect, test } from "vitest";
import { startTestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusalCode } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";

test("people and agents find the tasks of their own project, and nobody another's", async () => {
  await using hub = await startTestHub();
  const admin = await hub.admin();
  await using team = await openTestTeam({ url: hub.url, admin });
  await using other = await openTestTeam({ url: hub.url, admin });
  const task = await team.addTask({ title: "Polish the telescope", labels: ["a,b"] });
  await other.addTask({ title: "Polish the telescope of others" });
  const worker = await team.startAgent("worker");
  const params = { project: team.project };
  const found = async () =>
    (await admin.call(operations.searchTasks, { params, query: { q: "telesc" } })).hits.map(({ task }) => task.id);
  await until(async () => (await found()).length > 0);
  expect(await found()).toEqual([task.id]);
  for (const agent of [worker.client, team.server]) {
    const { hits } = await agent.call(operations.agentSearchTasks, { query: { q: "telesc", label: ["a,b"] } });
    expect(hits.map((hit) => hit.task.id)).toEqual([task.id]);
    const none = await agent.call(operations.agentSearchTasks, { query: { q: "telesc", label: ["a", "b"] } });
    expect(none.hits).toEqual([]);
  }
  const query = { q: "telesc", status: "asleep" };
  expect(await refusalCode(admin.call(operations.searchTasks, { params, query }))).toBe("invalid_request");
  const empty = admin.call(operations.searchTasks, { params, query: { q: "  " } });
  expect(await refusalCode(empty)).toBe("invalid_request");
  const foreign = { project: "NOWHERE" };
  const nowhere = admin.call(operations.searchTasks, { params: foreign, query: { q: "x" } });
  expect(await refusalCode(nowhere)).toBe("project_not_found");
});
