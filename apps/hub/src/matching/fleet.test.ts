import { expect, test } from "vitest";
import { diagnose } from "../doctor/diagnose.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine } from "../testing/test-engine.ts";

test("a row that is read while a change is on its way does not overwrite the picture; a lasting difference does", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const { id } = await hub.addServer(project, { max: 2 });
  const { fleet } = hub.engine;
  const counted = () => fleet.of(project).get(id)?.activeTasks;

  // Counted before the commit: the row does not know of it yet.
  fleet.adjust(id, 1);
  await fleet.refresh(id);
  await fleet.load();
  expect(counted()).toBe(1);
  // It did not come to be: nobody took it back from the picture, and the rows go on to say so.
  await fleet.load();
  expect(counted()).toBe(0);

  fleet.adjust(id, 1);
  await fleet.load();
  fleet.adjust(id, -1);
  await fleet.load();
  fleet.adjust(id, 1);
  await fleet.load();
  expect(counted()).toBe(1);
});

test("what a server can do and how much it takes is read anew at once", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const { id } = await hub.addServer(project, { max: 2, repos: ["shop"] });
  await hub.sql.query(
    `update servers set max_concurrent = 7, draining = true, capabilities = '{"tools": ["git"]}' where id = $1`,
    [id],
  );
  await hub.engine.fleet.refresh(id);
  expect(hub.engine.fleet.of(project).get(id)).toMatchObject({
    maxConcurrent: 7,
    draining: true,
    capabilities: { repos: ["shop"], tools: ["git"], languages: [] },
  });
});

test("a machine whose owner lets no sessions be started is given nothing", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  await hub.engine.start();
  const project = await hub.addProject();
  const { id } = await hub.addServer(project, { agents: ["claude"] });
  const allow = async (remote: string[]) => {
    await hub.sql.query("update servers set capabilities = $2 where id = $1", [id, JSON.stringify({ remote })]);
    await hub.engine.fleet.refresh(id);
    hub.engine.matcher.wake(project);
    await hub.settled();
  };
  await allow(["read"]);
  const task = await hub.addTask(project);
  await hub.settled();
  expect(await hub.task(task)).toMatchObject({ status: "pending" });
  const connectedServers = hub.sessionHub.connections.connected();
  const { findings } = await diagnose(hub.sql, { projectId: project, connectedServers, patienceSeconds: 0 });
  expect(findings.map(({ code }) => code)).toEqual(["draining"]);
  await allow(["read", "sessions"]);
  expect(await hub.task(task)).toMatchObject({ status: "assigned", assigned_server_id: id });
});
