import { Completion } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { assignTask } from "./assign-task.ts";
import { cancelTask } from "./cancel-task.ts";
import { completeTask } from "./complete-task.ts";
import { failTask } from "./fail-task.ts";
import { reopenTask } from "./reopen-task.ts";
import { requeueTask } from "./requeue-task.ts";
import { retryTask } from "./retry-task.ts";
import { startTask } from "./start-task.ts";

const ROW = "select id from tasks where id = $1 for update";
const finished = Completion.parse({ result: { summary: "done" } });

/** Two hubs' worth of engines on one database: nothing but the database keeps them apart. */
async function pair(url: string) {
  const left = await openTestEngine(url);
  const right = await openTestEngine(url);
  const project = await left.addProject({ auto_start_sessions: false });
  const server = await left.addServer(project);
  right.connect(server.id);
  await right.engine.fleet.load();
  const begin = async (id: string) => {
    const session = await left.addSession(project, server);
    await assignTask(left.engine, SYSTEM, id, { session_id: session.id });
    await left.settled();
    await startTask(left.engine, session, id);
    return session;
  };
  return {
    left,
    right,
    project,
    server,
    begin,
    add: (task: Record<string, unknown> = {}) => left.addTask(project, { auto_assign: false, ...task }),
    async [Symbol.asyncDispose]() {
      await right.settled();
      await left.settled();
      await right[Symbol.asyncDispose]();
      await left[Symbol.asyncDispose]();
    },
  };
}

const codes = (outcomes: PromiseSettledResult<unknown>[]) =>
  outcomes.map((outcome) => (outcome.status === "fulfilled" ? "ok" : (outcome.reason as { code?: string }).code));

const facts = async (hub: TestEngine, id: string, ...types: string[]) =>
  (
    await hub.sql.query<{ event_type: string }>(
      "select event_type from activity_log where task_id = $1 and event_type = any($2)",
      [id, types],
    )
  ).map(({ event_type }) => event_type);

test("complete against cancel: one settles the task, the other is told how", async () => {
  await using database = await createTestDatabase();
  await using hubs = await pair(database.url);
  const { left, right, add, begin } = hubs;
  const id = await add();
  const session = await begin(id);
  const outcomes = await left.race(
    ROW,
    [id],
    [() => completeTask(left.engine, session, id, finished), () => cancelTask(right.engine, SYSTEM, id)],
  );
  const { status } = await left.task(id);
  expect(["done", "cancelled"]).toContain(status);
  expect(codes(outcomes)).toEqual(status === "done" ? ["ok", "task_wrong_status"] : ["stale_lease", "ok"]);
  expect(await facts(left, id, "task.completed", "task.cancelled")).toHaveLength(1);
});

test("assign against assign: before the work begins the last one counts, and only its place is taken", async () => {
  await using database = await createTestDatabase();
  await using hubs = await pair(database.url);
  const { left, right, project, server, add } = hubs;
  const other = await left.addServer(project);
  const id = await add();
  const outcomes = await left.race(
    ROW,
    [id],
    [
      () => assignTask(left.engine, SYSTEM, id, { server_id: server.id }),
      () => assignTask(right.engine, SYSTEM, id, { server_id: other.id }),
    ],
  );
  expect(codes(outcomes)).toEqual(["ok", "ok"]);
  const { assigned_server_id: chosen } = await left.task(id);
  const places = await left.sql.query("select id, active_tasks from servers order by created_at");
  expect(places).toEqual([server, other].map(({ id }) => ({ id, active_tasks: id === chosen ? 1 : 0 })));
});

test("requeue against completion: the result counts or is stale, never half", async () => {
  await using database = await createTestDatabase();
  await using hubs = await pair(database.url);
  const { left, right, add, begin } = hubs;
  const id = await add();
  const session = await begin(id);
  const dependent = await add({ dependency_ids: [id] });
  const outcomes = await left.race(
    ROW,
    [id],
    [
      () => requeueTask(right.engine, SYSTEM, id, "wanted elsewhere"),
      () => completeTask(left.engine, session, id, finished),
    ],
  );
  const { status } = await left.task(id);
  expect(["pending", "done"]).toContain(status);
  expect(codes(outcomes)).toEqual(status === "done" ? ["task_wrong_status", "ok"] : ["ok", "stale_lease"]);
  expect(await left.task(dependent)).toMatchObject({ blockers: status === "done" ? 0 : 1 });
});

test("retry against retry: one new attempt", async () => {
  await using database = await createTestDatabase();
  await using hubs = await pair(database.url);
  const { left, right, add, begin } = hubs;
  const id = await add();
  await failTask(left.engine, await begin(id), id, "no");
  const outcomes = await left.race(
    ROW,
    [id],
    [() => retryTask(left.engine, SYSTEM, id), () => retryTask(right.engine, SYSTEM, id)],
  );
  expect(codes(outcomes).sort()).toEqual(["ok", "task_wrong_status"]);
  expect(await left.task(id)).toMatchObject({ status: "pending", attempt: 2, epoch: 2 });
});

test("reopen against the completion of a dependent: it is done with what it had, or was done already", async () => {
  await using database = await createTestDatabase();
  await using hubs = await pair(database.url);
  const { left, right, add, begin } = hubs;
  const upstream = await add();
  const dependent = await add({ dependency_ids: [upstream] });
  const last = await add({ dependency_ids: [dependent] });
  await completeTask(left.engine, await begin(upstream), upstream, finished);
  const session = await begin(dependent);
  const outcomes = await left.race(
    ROW,
    [dependent],
    [() => reopenTask(right.engine, SYSTEM, upstream), () => completeTask(left.engine, session, dependent, finished)],
  );
  expect(codes(outcomes)).toEqual(["ok", "ok"]);
  expect(await left.task(upstream)).toMatchObject({ status: "pending" });
  expect(await left.task(dependent)).toMatchObject({ status: "done", blockers: 0 });
  expect(await left.task(last)).toMatchObject({ blockers: 0 });
  expect(await facts(left, dependent, "task.completed", "task.upstream_reopened")).toHaveLength(2);
});

test("reopen against the start of a dependent: it has begun and is told, or has to wait", async () => {
  await using database = await createTestDatabase();
  await using hubs = await pair(database.url);
  const { left, right, project, server, add, begin } = hubs;
  const upstream = await add();
  const dependent = await add({ dependency_ids: [upstream] });
  await completeTask(left.engine, await begin(upstream), upstream, finished);
  const session = await left.addSession(project, server);
  await assignTask(left.engine, SYSTEM, dependent, { session_id: session.id });
  await left.settled();
  const outcomes = await left.race(
    ROW,
    [dependent],
    [() => startTask(left.engine, session, dependent), () => reopenTask(right.engine, SYSTEM, upstream)],
  );
  const { status, blockers } = await left.task(dependent);
  expect([status, blockers, ...codes(outcomes)]).toEqual(
    status === "running" ? ["running", 0, "ok", "ok"] : ["assigned", 1, "dependencies_unresolved", "ok"],
  );
});

test("cancel against start: the work is stopped, or never begins", async () => {
  await using database = await createTestDatabase();
  await using hubs = await pair(database.url);
  const { left, right, project, server, add } = hubs;
  const session = await left.addSession(project, server);
  const id = await add();
  await assignTask(left.engine, SYSTEM, id, { session_id: session.id });
  await left.settled();
  const outcomes = await left.race(
    ROW,
    [id],
    [() => startTask(left.engine, session, id), () => cancelTask(right.engine, SYSTEM, id)],
  );
  expect(await left.task(id)).toMatchObject({ status: "cancelled" });
  const begun = (await facts(left, id, "task.started")).length === 1;
  expect(codes(outcomes)).toEqual([begun ? "ok" : "task_wrong_status", "ok"]);
  expect(await left.sql.query("select close_reason from engine.leases")).toEqual(
    begun ? [{ close_reason: "cancelled" }] : [],
  );
});
