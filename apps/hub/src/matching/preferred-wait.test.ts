import { Completion } from "@orchestratia/protocol/tasks";
import type { ProjectId, TaskId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { getTask } from "../tasks/queries.ts";
import { startTask } from "../tasks/start-task.ts";
import { updateTask } from "../tasks/update-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine, type TestServerRow } from "../testing/test-engine.ts";
import { until } from "../testing/until.ts";
import { explainTask } from "./explain-task.ts";

const finished = Completion.parse({ result: { summary: "done" } });
const WAITS = {
  structured_spec: { capability_requirements: { prefer_server: "forge", wait_for_preferred: "10 min" } },
};

/** A preferred server that is not connected, and another that is. */
async function place(on: TestEngine) {
  const project = await on.addProject({ auto_start_sessions: false });
  const forge = await on.addServer(project, { name: "forge", max: 1 });
  const other = await on.addServer(project, { name: "other", max: 2 });
  on.disconnect(forge.id);
  await on.engine.fleet.refresh(forge.id);
  return { project, forge, other };
}

async function connect(on: TestEngine, project: ProjectId, server: TestServerRow) {
  on.connect(server.id);
  await on.engine.fleet.refresh(server.id);
  on.engine.matcher.wake(project);
  await on.settled();
}

const serverOf = async (on: TestEngine, id: string) => (await on.task(id)).assigned_server_id;

/** All but the last moment of the ten minutes have gone by. */
const almostOver = (on: TestEngine, id: string) =>
  on.sql.query(
    `update tasks set waits_since = now() - interval '599.7 seconds', eligible_at = now() - interval '1 hour'
     where id = $1`,
    [id],
  );

test("a task waits for the server it prefers, says so everywhere, and gets it when it comes", async () => {
  await using database = await createTestDatabase();
  await using on = await openTestEngine(database.url);
  const { project, forge, other } = await place(on);
  const task = (await on.addTask(project, WAITS)) as TaskId;
  await on.settled();
  const { waits_for, servers, best_server_id } = await explainTask(on.engine, task);
  expect(best_server_id).toBeNull();
  expect(waits_for).toMatchObject({ server_id: forge.id, server_name: "forge" });
  expect(Date.parse(waits_for?.until ?? "") - Date.now()).toBeGreaterThan(590_000);
  expect(servers.find(({ server_id }) => server_id === other.id)?.disqualifiers).toEqual(["waits_for_preferred"]);
  const { waiting_for, status } = await getTask(on.engine, task);
  expect([status, waiting_for]).toEqual(["pending", `Waiting for forge, which it prefers, until ${waits_for?.until}`]);

  await connect(on, project, forge);
  expect(await serverOf(on, task)).toBe(forge.id);
});

test("when its patience ends it goes elsewhere, by nobody's doing", async () => {
  await using database = await createTestDatabase();
  await using on = await openTestEngine(database.url);
  const { project, other } = await place(on);
  const task = await on.addTask(project, WAITS);
  await on.settled();
  expect(await serverOf(on, task)).toBeNull();
  await almostOver(on, task);
  on.engine.matcher.wake(project);
  await on.settled();
  expect(await serverOf(on, task)).toBeNull();
  await until(async () => (await serverOf(on, task)) === other.id);
});

test("a full one is waited for too, and its place is the task's as soon as it is free", async () => {
  await using database = await createTestDatabase();
  await using on = await openTestEngine(database.url);
  const { project, forge } = await place(on);
  await connect(on, project, forge);
  const session = await on.addSession(project, forge, "shell");
  const first = await on.addTask(project, WAITS);
  await on.settled();
  const second = await on.addTask(project, WAITS);
  await on.settled();
  expect([await serverOf(on, first), await serverOf(on, second)]).toEqual([forge.id, null]);
  await startTask(on.engine, session, first);
  await completeTask(on.engine, session, first, finished);
  await on.settled();
  expect(await serverOf(on, second)).toBe(forge.id);
});

test("time in which it was blocked is not time in which it waited, and the cascade waits as the matcher does", async () => {
  await using database = await createTestDatabase();
  await using on = await openTestEngine(database.url);
  const { project, other } = await place(on);
  const session = await on.addSession(project, other, "shell");
  const upstream = await on.addTask(project);
  await on.settled();
  await startTask(on.engine, session, upstream);
  const task = await on.addTask(project, { ...WAITS, dependency_ids: [upstream] });
  await almostOver(on, task);
  await completeTask(on.engine, session, upstream, finished);
  await on.settled();
  const { status, blockers, waits_since } = await on.task(task);
  expect([status, blockers]).toEqual(["pending", 0]);
  expect(Date.now() - (waits_since as Date).getTime()).toBeLessThan(60_000);
  await almostOver(on, task);
  on.engine.matcher.wake(project);
  await until(async () => (await serverOf(on, task)) === other.id);
});

test("who stops preferring, or prefers somebody unheard of, waits no longer", async () => {
  await using database = await createTestDatabase();
  await using on = await openTestEngine(database.url);
  const { project, other } = await place(on);
  const patient = await on.addTask(project, WAITS);
  const unknown = await on.addTask(project, {
    structured_spec: { capability_requirements: { prefer_server: "nobody", wait_for_preferred: "1 h" } },
  });
  await on.settled();
  expect([await serverOf(on, patient), await serverOf(on, unknown)]).toEqual([null, other.id]);
  await updateTask(on.engine, SYSTEM, patient, { structured_spec: null });
  await on.settled();
  expect(await serverOf(on, patient)).toBe(other.id);
});
