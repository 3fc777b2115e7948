import { MatchExplanation } from "@orchestratia/protocol/tasks";
import type { TaskId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { getTask } from "../tasks/queries.ts";
import { updateTask } from "../tasks/update-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine } from "../testing/test-engine.ts";
import { explainTask } from "./explain-task.ts";

const NOWHERE = { repo: "nowhere" };

test("the matcher does what the explanation says, task after task", async () => {
  await using place = await createTestDatabase();
  await using on = await openTestEngine(place.url);
  const project = await on.addProject();
  await on.addServer(project, { name: "both", repos: ["shop", "blog"], max: 2 });
  await on.addServer(project, { name: "shop", repos: ["shop"], max: 1 });
  const plain = await on.addServer(project, { name: "plain", max: 5 });
  for (const name of ["gone", "drains"]) {
    const { id } = await on.addServer(project, { name, repos: ["shop", "blog"] });
    if (name === "gone") on.disconnect(id);
    await on.sql.query("update servers set draining = $2 where id = $1", [id, name === "drains"]);
    await on.engine.fleet.refresh(id);
  }
  let tasks = 0;
  let waited = 0;
  const asked = [
    { repo: "shop" },
    { repo: "blog" },
    {},
    { prefer_server: "plain" },
    { repo: "shop", prefer_server: "shop" },
    { prefer_server: "gone", wait_for_preferred: "1 h" },
    { prefer_server: "drains", wait_for_preferred: "1 h" },
    { prefer_server: "shop", wait_for_preferred: "1 h" },
  ];
  for (const capability_requirements of [...asked, NOWHERE, ...asked]) {
    const structured_spec = { capability_requirements };
    const id = (await on.addTask(project, { auto_assign: false, structured_spec })) as TaskId;
    // Every third one could not be started on one of them.
    if (tasks++ % 3 === 0) {
      await on.sql.query("update tasks set tried_servers = array[$2::uuid] where id = $1", [id, plain.id]);
    }
    const explained = MatchExplanation.parse(await explainTask(on.engine, id));
    await updateTask(on.engine, SYSTEM, id, { auto_assign: true });
    await on.settled();
    const task = await getTask(on.engine, id);
    expect(task.assigned_server_id, JSON.stringify(capability_requirements)).toBe(explained.best_server_id);
    if (explained.waits_for) waited += 1;
    expect(explained.best_server_id).toBe(explained.servers.find(({ eligible }) => eligible)?.server_id ?? null);
  }
  expect(waited).toBeGreaterThan(0);
  expect(waited).toBeLessThan(tasks / 2);
});

test("every server is there with every criterion, and what speaks against it", async () => {
  await using place = await createTestDatabase();
  await using on = await openTestEngine(place.url);
  const project = await on.addProject();
  await on.addServer(await on.addProject(), { name: "of another project", repos: ["shop"] });
  const fits = await on.addServer(project, { name: "fits", repos: ["shop"] });
  await on.addServer(project, { name: "other", repos: ["blog"], max: 0 });
  const gone = await on.addServer(project, { name: "gone", repos: ["Shop"] });
  await on.sql.query("update servers set status = 'offline', draining = true where id = $1", [gone.id]);
  const structured_spec = { capability_requirements: { repo: "shop", tools: ["docker"] } };
  const id = (await on.addTask(project, { auto_assign: false, structured_spec })) as TaskId;

  const { servers, best_server_id } = await explainTask(on.engine, id);
  expect(best_server_id).toBe(fits.id);
  expect(servers.map(({ server_name, eligible, disqualifiers }) => [server_name, eligible, disqualifiers])).toEqual([
    ["fits", true, []],
    ["gone", false, ["unreachable", "draining"]],
    ["other", false, ["repo", "no_capacity"]],
  ]);
  expect(servers[0]?.criteria).toEqual([
    { name: "repo", points: 100, matched: ["shop"], missing: [] },
    { name: "tools", points: 0, matched: [], missing: ["docker"] },
    { name: "online", points: 25, matched: [], missing: [] },
    { name: "capacity", points: 50, matched: [], missing: [] },
  ]);
});
