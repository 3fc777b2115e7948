import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Completion } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { projectLock, transaction } from "../db/transaction.ts";
import { addDependency } from "../dependencies/add-dependency.ts";
import { placeTasks } from "../matching/place-tasks.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine } from "../testing/test-engine.ts";
import { until } from "../testing/until.ts";
import { assignTask } from "./assign-task.ts";
import { completeTask } from "./complete-task.ts";
import { approveTask, requestChanges, submitTask } from "./review-decision.ts";
import { startTask } from "./start-task.ts";

// Each race is run by two engines on one database: a project's writer would keep one engine's moves in line, and what is
// tested here is that the locks and guards hold without it.
const ROW = "select id from tasks where id = $1 for update";
const finished = Completion.parse({ result: { summary: "done" } });
const codes = (outcomes: PromiseSettledResult<unknown>[]) =>
  outcomes.map((outcome) => (outcome.status === "fulfilled" ? "ok" : (outcome.reason as { code: string }).code)).sort();

test("two upstreams of one task complete at once: it is freed, and placed, once", async () => {
  await using database = await createTestDatabase();
  await using left = await openTestEngine(database.url);
  await using right = await openTestEngine(database.url);
  const project = await left.addProject();
  const server = await left.addServer(project);
  right.connect(server.id);
  await right.engine.fleet.load();
  const upstreams = [];
  for (let n = 0; n < 2; n += 1) {
    const session = await left.addSession(project, server);
    const id = await left.addTask(project);
    await left.settled();
    await startTask(left.engine, session, id);
    upstreams.push({ id, session });
  }
  const [one, two] = upstreams as [(typeof upstreams)[0], (typeof upstreams)[0]];
  const dependent = await left.addTask(project, { dependency_ids: [one.id, two.id] });

  const outcomes = await left.race(
    ROW,
    [dependent],
    [
      () => completeTask(left.engine, one.session, one.id, finished),
      () => completeTask(right.engine, two.session, two.id, finished),
    ],
  );
  expect(codes(outcomes)).toEqual(["ok", "ok"]);
  await Promise.all([left.settled(), right.settled()]);

  expect(await left.task(dependent)).toMatchObject({ blockers: 0, status: "assigned", assigned_server_id: server.id });
  const facts = await left.sql.query<{ event_type: string; n: number }>(
    `select event_type, count(*)::int as n from activity_log where task_id = $1
       and event_type in ('task.unblocked', 'task.assigned') group by event_type order by event_type`,
    [dependent],
  );
  expect(facts).toEqual([
    { event_type: "task.assigned", n: 1 },
    { event_type: "task.unblocked", n: 1 },
  ]);
  expect(await left.sql.query("select active_tasks from servers")).toEqual([{ active_tasks: 1 }]);
  // Whichever freed it: the sessions are the left one's, which finds in the rows what the other did.
  await left.engine.rederive();
  await left.settled();
});

test("a dependency is added while its upstream completes: it is never left unresolved", async () => {
  await using database = await createTestDatabase();
  await using left = await openTestEngine(database.url);
  await using right = await openTestEngine(database.url);
  const project = await left.addProject();
  const server = await left.addServer(project);
  const session = await left.addSession(project, server);
  const upstream = await left.addTask(project);
  await left.settled();
  await startTask(left.engine, session, upstream);
  const dependent = await left.addTask(project, { auto_assign: false });

  const outcomes = await left.race<unknown>(
    ROW,
    [upstream],
    [
      () => completeTask(left.engine, session, upstream, finished),
      () => addDependency(right.engine, SYSTEM, dependent, { depends_on_task_id: upstream, dependency_type: "blocks" }),
    ],
  );
  expect(codes(outcomes)).toEqual(["ok", "ok"]);
  expect(await left.task(dependent)).toMatchObject({ blockers: 0, status: "pending" });
  expect(await left.sql.query("select resolved from task_dependencies")).toEqual([{ resolved: true }]);
});

test("two assignments for the last place on a server: one gets it", async () => {
  await using database = await createTestDatabase();
  await using left = await openTestEngine(database.url);
  const project = await left.addProject();
  const one = await left.addTask(project);
  const two = await left.addTask(project);
  // The matcher has looked, found no server, and is at rest: only the two below contend.
  await left.settled();
  const server = await left.addServer(project, { max: 1 });
  const { pool } = left.engine.database;

  const outcomes = await left.race(
    "select id from servers where id = $1 for update",
    [server.id],
    [
      () => placeTasks(pool, [{ task_id: one, version: 1, server_id: server.id }]),
      () => placeTasks(pool, [{ task_id: two, version: 1, server_id: server.id }]),
    ],
  );
  const placed = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? outcome.value.length : [-1]));
  expect(placed.sort()).toEqual([0, 1]);
  expect(await left.sql.query("select active_tasks from servers")).toEqual([{ active_tasks: 1 }]);
  const statuses = [(await left.task(one)).status, (await left.task(two)).status];
  expect(statuses.sort()).toEqual(["assigned", "pending"]);
});

test("two sessions start one task: one has it, the other is told so", async () => {
  await using database = await createTestDatabase();
  await using left = await openTestEngine(database.url);
  await using right = await openTestEngine(database.url);
  const project = await left.addProject({ auto_start_sessions: false });
  const server = await left.addServer(project);
  const task = await left.addTask(project);
  await left.settled();
  const sessions = [await left.addSession(project, server, "shell"), await left.addSession(project, server, "shell")];
  expect(await left.task(task)).toMatchObject({ status: "assigned", assigned_session_id: null });

  const outcomes = await left.race(
    ROW,
    [task],
    [
      () => startTask(left.engine, sessions[0] as (typeof sessions)[0], task),
      () => startTask(right.engine, sessions[1] as (typeof sessions)[0], task),
    ],
  );
  // The loser sees a running task that another session holds: the move is not possible, or not theirs.
  expect(codes(outcomes)).toEqual(["ok", "task_wrong_status"]);
  expect(await left.sql.query("select count(*)::int as n from engine.leases where closed_at is null")).toEqual([
    { n: 1 },
  ]);
});

test("one session starts two tasks: the second start finds it busy", async () => {
  await using database = await createTestDatabase();
  await using left = await openTestEngine(database.url);
  await using right = await openTestEngine(database.url);
  const project = await left.addProject({ auto_start_sessions: false });
  const server = await left.addServer(project);
  const one = await left.addTask(project);
  const two = await left.addTask(project);
  await left.settled();
  const session = await left.addSession(project, server, "shell");

  const outcomes = await left.race(
    "select id from tasks where id = any($1) for update",
    [[one, two]],
    [() => startTask(left.engine, session, one), () => startTask(right.engine, session, two)],
  );
  expect(codes(outcomes)).toEqual(["ok", "session_busy"]);
});

test.each([
  ["a contract", {}],
  ["a contract with a schema", { schema: { type: "string", maxLength: 10 } }],
])("a result with %s is approved while its worker delivers another: the later one is accepted", async (_, schema) => {
  await using database = await createTestDatabase();
  await using left = await openTestEngine(database.url);
  await using right = await openTestEngine(database.url);
  const project = await left.addProject();
  const server = await left.addServer(project);
  const session = await left.addSession(project, server);
  const id = await left.addTask(project, {
    auto_assign: false,
    require_review: true,
    structured_spec: { expected_output: { contracts: [{ key: "api", ...schema }] } },
  });
  const dependent = await left.addTask(project, {
    auto_assign: false,
    dependencies: [{ depends_on_task_id: id, dependency_type: "input", contract_key: "api" }],
  });
  await assignTask(left.engine, SYSTEM, id, { session_id: session.id });
  await startTask(left.engine, session, id);
  const delivers = (api: string) => Completion.parse({ result: { contracts: { api } }, git_diff_stats: { api } });
  await submitTask(left.engine, session, id, delivers("earlier"));

  // The approval has read its task, and waits for the project's lock, when the other result comes.
  const { approving } = await transaction(right.engine.database.pool, async (tx) => {
    await projectLock(tx, project);
    const approving = approveTask(left.engine, SYSTEM, id);
    await until(async () => {
      const [waiting] = await left.sql.query<{ n: number }>(
        "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event = 'advisory'",
      );
      return waiting?.n === 1;
    });
    await requestChanges(right.engine, SYSTEM, id, "Another way, please.");
    await submitTask(right.engine, session, id, delivers("later"));
    return { approving };
  });
  await approving;

  expect(await left.task(id)).toMatchObject({
    status: "done",
    result: { contracts: { api: "later" } },
    git_diff_stats: { api: "later" },
  });
  expect(await left.task(dependent)).toMatchObject({ blockers: 0, resolved_inputs: { api: "later" } });
  await Promise.all([left.settled(), right.settled()]);
});

test("the hub is killed between the commit and the push: after the restart the push arrives", async () => {
  await using database = await createTestDatabase();
  const { server, a, b, session } = await (async () => {
    await using hub = await openTestEngine(database.url);
    const project = await hub.addProject({ auto_start_sessions: false });
    const server = await hub.addServer(project, { max: 1 });
    const session = await hub.addSession(project, server);
    const a = await hub.addTask(project);
    await hub.settled();
    await startTask(hub.engine, session, a);
    const b = await hub.addTask(project, { dependency_ids: [a] });
    await hub.settled();
    return { server, a, b, session };
  })();

  const script = fileURLToPath(new URL("../testing/die-at-push.ts", import.meta.url));
  const args = [
    "--conditions=development",
    "--import",
    "tsx",
    script,
    database.url,
    JSON.stringify({ server: server.id, a, session }),
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
  expect((await once(child, "exit"))[1]).toBe("SIGKILL");

  await using hub = await openTestEngine(database.url);
  expect(await hub.task(a)).toMatchObject({ status: "done" });
  expect(await hub.task(b)).toMatchObject({ status: "assigned", assigned_server_id: server.id, delivered_at: null });
  await hub.loadSessions();
  const again = hub.connect(server.id);
  await hub.engine.start();
  await hub.sessionReports(session.id, "idle");
  await hub.settled();
  expect(again.frames).toContainEqual(
    expect.objectContaining({ type: "task_assigned", task_id: b, session_id: session.id }),
  );
});
