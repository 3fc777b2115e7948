import { expect, test } from "vitest";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine } from "../testing/test-engine.ts";
import { listCounterDifferences } from "./counters.ts";

test("counters that left their rows are listed with what is stored and what is true", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const server = await hub.addServer(project);
  const upstream = await hub.addTask(project);
  const blocked = await hub.addTask(project, { dependency_ids: [upstream] });
  await hub.settled();
  expect(await listCounterDifferences(hub.sql)).toEqual([]);

  await hub.sql.query("update tasks set blockers = blockers + 2 where id = $1", [blocked]);
  await hub.sql.query("update servers set active_tasks = 0 where id = $1", [server.id]);
  expect(await listCounterDifferences(hub.sql)).toEqual([
    { counter: "servers.active_tasks", id: server.id, stored: 0, counted: 1 },
    { counter: "tasks.blockers", id: blocked, stored: 3, counted: 1 },
  ]);

  await hub.sql.query("update tasks set blockers = 1 where id = $1", [blocked]);
  await hub.sql.query("update servers set active_tasks = 1 where id = $1", [server.id]);
});

test("a test whose counters left their rows fails at its end", async () => {
  await using database = await createTestDatabase();
  const hub = await openTestEngine(database.url);
  await hub.addServer(await hub.addProject());
  await hub.sql.query("update servers set active_tasks = 1");
  await expect(hub[Symbol.asyncDispose]()).rejects.toThrow(/active_tasks/);
});
