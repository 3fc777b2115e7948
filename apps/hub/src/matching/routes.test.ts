import * as agents from "@orchestratia/protocol/operations/agents";
import * as people from "@orchestratia/protocol/operations/people-tasks";
import { expect, test } from "vitest";
import { startTestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusalCode } from "../testing/test-team.ts";

test("people and agents are told the same about where a task would go", async () => {
  await using hub = await startTestHub();
  const admin = await hub.admin();
  await using team = await openTestTeam({ url: hub.url, admin });
  await using other = await openTestTeam({ url: hub.url, admin });
  const task = await team.addTask({ structured_spec: { capability_requirements: { repo: "shop" } } });
  const params = { project: team.project, task: task.key };
  const nobody = await admin.call(people.explainMatch, { params });
  expect(nobody).toMatchObject({
    task_id: task.id,
    best_server_id: null,
    servers: [{ server_id: team.daemon.serverId, eligible: false, disqualifiers: ["repo"] }],
  });
  await team.daemon.heartbeat({ repos: { shop: "/srv/shop" } });
  const worker = await team.startAgent("worker");
  const found = await worker.client.call(agents.agentExplainMatch, { params });
  expect(found.best_server_id).toBe(team.daemon.serverId);
  expect(await team.server.call(agents.agentExplainMatch, { params })).toEqual(found);
  expect(await admin.call(people.explainMatch, { params })).toEqual(found);
  const foreign = { params: { task: (await other.addTask()).id } };
  expect(await refusalCode(worker.client.call(agents.agentExplainMatch, foreign))).toBe("task_not_found");
});
