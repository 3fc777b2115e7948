import { NewTask } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { type Caller, SYSTEM } from "../access/caller.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { assignTask } from "./assign-task.ts";
import { cancelTask } from "./cancel-task.ts";
import { createTask } from "./create-task.ts";
import { startTask } from "./start-task.ts";

const child = (parent_id: string) => NewTask.parse({ title: "Part", spec: "Do it.", parent_id, auto_assign: false });
const create = (hub: TestEngine, caller: Caller, project: string, parent: string) =>
  createTask(hub.engine, caller, project, child(parent));

test("two children at once: a worker gets the fiftieth and not the fifty-first", async () => {
  await using database = await createTestDatabase();
  await using left = await openTestEngine(database.url);
  await using right = await openTestEngine(database.url);
  const project = await left.addProject();
  const session = await left.addSession(project, await left.addServer(project));
  const task = await left.addTask(project);
  await left.settled();
  await startTask(left.engine, session, task);
  for (let n = 0; n < 49; n += 1) await create(left, session, project, task);

  const outcomes = await left.race(
    "select id from tasks where id = $1 for update",
    [task],
    [() => create(left, session, project, task), () => create(right, session, project, task)],
  );
  const codes = outcomes.map((made) => (made.status === "fulfilled" ? "ok" : (made.reason as { code: string }).code));
  expect(codes.sort()).toEqual(["forbidden", "ok"]);
  // A person may make more.
  await create(left, SYSTEM, project, task);
});

test("a child of a task that is assigned and not begun takes it from its server", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const parent = await hub.addTask(project);
  await hub.settled();
  expect(await hub.task(parent)).toMatchObject({ status: "assigned", assigned_session_id: session.id });
  await create(hub, SYSTEM, project, parent);
  await hub.settled();
  expect(await hub.task(parent)).toMatchObject({ status: "pending", assigned_session_id: null, auto_assign: true });
  const next = await hub.addTask(project);
  await hub.settled();
  expect(await hub.task(next)).toMatchObject({ assigned_session_id: session.id });
});

test("a begun task keeps its worker when it gets a child; a settled one gets none", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const session = await hub.addSession(project, await hub.addServer(project));
  const parent = await hub.addTask(project);
  await hub.settled();
  await startTask(hub.engine, session, parent);
  await create(hub, SYSTEM, project, parent);
  expect(await hub.task(parent)).toMatchObject({ status: "running", assigned_session_id: session.id });
  await cancelTask(hub.engine, SYSTEM, parent);
  await expect(create(hub, SYSTEM, project, parent)).rejects.toMatchObject({ code: "parent_settled" });
});

test("an agent's task is left alone for ten seconds, a person's is placed at once", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const orchestrator: Caller = { ...session, role: "orchestrator" };
  const asked = NewTask.parse({ title: "Part", spec: "Do it." });
  const { taskId: later } = await createTask(hub.engine, orchestrator, project, asked);
  const { taskId: now } = await createTask(hub.engine, SYSTEM, project, asked);
  await hub.settled();
  expect(await hub.task(now)).toMatchObject({ status: "assigned" });
  expect(await hub.task(later)).toMatchObject({ status: "pending", source_session_id: session.id });
  const [row] = await hub.sql.query(
    "select extract(epoch from eligible_at - created_at)::float8 as seconds from tasks where id = $1",
    [later],
  );
  expect(row).toEqual({ seconds: 10 });
  await assignTask(hub.engine, SYSTEM, later, { server_id: server.id });
});
