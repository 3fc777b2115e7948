import { Completion } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { completeTask } from "./complete-task.ts";
import { failTask } from "./fail-task.ts";
import { startTask } from "./start-task.ts";

const API_SPEC = {
  expected_output: {
    contracts: [
      {
        key: "api_schema",
        schema: { type: "object", required: ["endpoints"], properties: { endpoints: { type: "array" } } },
      },
    ],
  },
};
const result = (contracts: Record<string, unknown>) => Completion.parse({ result: { summary: "done", contracts } });
const api = { endpoints: ["/a"] };

async function worker(hub: TestEngine) {
  const project = await hub.addProject();
  const server = await hub.addServer(project, { max: 1 });
  const session = await hub.addSession(project, server);
  return { project, server, session };
}

const factsOf = async (hub: TestEngine, taskId: string) =>
  (
    await hub.sql.query<{ event_type: string }>("select event_type from activity_log where task_id = $1 order by seq", [
      taskId,
    ])
  ).map((row) => row.event_type);

test("a completion hands its contract on, frees the dependent, places it and pushes it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server, session } = await worker(hub);
  const a = await hub.addTask(project, { structured_spec: API_SPEC });
  await hub.settled();
  const b = await hub.addTask(project, {
    dependencies: [{ depends_on_task_id: a, dependency_type: "input", contract_key: "api_schema" }],
  });
  expect(server.frames.map((frame) => frame.type)).toEqual(["session_start", "task_assigned"]);

  await startTask(hub.engine, session, a);
  await completeTask(hub.engine, session, a, result({ api_schema: api }));
  await hub.settled();

  expect(await hub.task(a)).toMatchObject({ status: "done", contract_status: "fulfilled" });
  expect(await hub.task(b)).toMatchObject({
    status: "assigned",
    blockers: 0,
    resolved_inputs: { api_schema: api },
    assigned_session_id: session.id,
  });
  expect(server.frames.at(-1)).toMatchObject({
    type: "task_assigned",
    task_id: b,
    resolved_inputs: { api_schema: api },
  });
  expect(await factsOf(hub, a)).toEqual([
    "task.created",
    "task.assigned",
    "task.delivered",
    "task.started",
    "task.completed",
  ]);
  expect(await factsOf(hub, b)).toEqual([
    "task.created",
    "dependency.added",
    "task.unblocked",
    "task.assigned",
    "task.delivered",
  ]);
  const [counted] = await hub.sql.query("select active_tasks from servers where id = $1", [server.id]);
  expect(counted).toEqual({ active_tasks: 1 });
  expect(hub.engine.fleet.of(project).get(server.id)?.activeTasks).toBe(1);
});

test("a result that lacks its contract, or fails its schema, changes nothing", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, session } = await worker(hub);
  const a = await hub.addTask(project, { structured_spec: API_SPEC });
  await hub.settled();
  await startTask(hub.engine, session, a);
  const before = await hub.task(a);

  await expect(completeTask(hub.engine, session, a, result({}))).rejects.toMatchObject({
    code: "contract_unfulfilled",
    members: { missing: ["api_schema"] },
  });
  await expect(completeTask(hub.engine, session, a, result({ api_schema: { endpoints: 3 } }))).rejects.toMatchObject({
    code: "contract_unfulfilled",
    members: { invalid: [{ key: "api_schema", errors: ["/endpoints must be array"] }] },
  });
  expect(await hub.task(a)).toEqual(before);
});

test("a partial completion resolves what only blocks and holds what needs the missing input", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, session } = await worker(hub);
  const a = await hub.addTask(project, { structured_spec: API_SPEC });
  await hub.settled();
  const needs = await hub.addTask(project, {
    dependencies: [{ depends_on_task_id: a, dependency_type: "input", contract_key: "api_schema" }],
  });
  const waits = await hub.addTask(project, { dependency_ids: [a] });
  await startTask(hub.engine, session, a);
  await completeTask(hub.engine, session, a, { ...result({}), allow_partial: true });
  await hub.settled();

  expect(await hub.task(a)).toMatchObject({ status: "done", contract_status: "partial" });
  expect(await hub.task(waits)).toMatchObject({ blockers: 0 });
  expect(await hub.task(needs)).toMatchObject({ blockers: 1, status: "pending" });
  const raised = await hub.sql.query("select task_id, raised_by, status from interventions");
  expect(raised).toEqual([{ task_id: needs, raised_by: "hub", status: "pending" }]);
});

test("a repeated report is answered like the first, another result is refused", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, session } = await worker(hub);
  const a = await hub.addTask(project);
  await hub.settled();
  await startTask(hub.engine, session, a);
  await startTask(hub.engine, session, a);
  await completeTask(hub.engine, session, a, result({}));
  const done = await hub.task(a);
  await completeTask(hub.engine, session, a, result({}));
  await expect(completeTask(hub.engine, session, a, result({ more: 1 }))).rejects.toMatchObject({
    code: "task_wrong_status",
  });
  expect(await hub.task(a)).toEqual(done);
});

test("one bad entry of a batch harms nobody", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const server = await hub.addServer(project, { max: 40 });
  const tasks = [];
  for (let n = 0; n < 12; n += 1) {
    const session = await hub.addSession(project, server);
    const id = await hub.addTask(project, n === 5 ? { structured_spec: API_SPEC } : {});
    await hub.settled();
    const [row] = await hub.sql.query<{ assigned_session_id: string }>(
      "select assigned_session_id from tasks where id = $1",
      [id],
    );
    expect(row?.assigned_session_id).toBe(session.id);
    await startTask(hub.engine, session, id);
    tasks.push({ id, session });
  }
  const outcomes = await Promise.allSettled(
    tasks.map(({ id, session }) => completeTask(hub.engine, session, id, result({}))),
  );
  expect(outcomes.map(({ status }) => status)).toEqual(tasks.map((_, n) => (n === 5 ? "rejected" : "fulfilled")));
  const statuses = await Promise.all(tasks.map(async ({ id }) => (await hub.task(id)).status));
  expect(statuses).toEqual(tasks.map((_, n) => (n === 5 ? "running" : "done")));
});

test("a failed task leaves its dependents waiting and gives its place back", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server, session } = await worker(hub);
  const a = await hub.addTask(project);
  const b = await hub.addTask(project, { dependency_ids: [a] });
  await hub.settled();
  await startTask(hub.engine, session, a);
  await failTask(hub.engine, session, a, "it does not compile");
  await hub.settled();
  expect(await hub.task(a)).toMatchObject({ status: "failed", status_reason: "it does not compile" });
  expect(await hub.task(b)).toMatchObject({ status: "pending", blockers: 1 });
  const [counted] = await hub.sql.query("select active_tasks from servers where id = $1", [server.id]);
  expect(counted).toEqual({ active_tasks: 0 });
});

test("an optional contract that is missing or invalid is warned about, and its dependent waits", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, session } = await worker(hub);
  const contracts = [
    { key: "notes", required: false },
    { key: "count", required: false, schema: { type: "integer" } },
  ];
  const a = await hub.addTask(project, { structured_spec: { expected_output: { contracts } } });
  await hub.settled();
  const needs = await hub.addTask(project, {
    dependencies: [{ depends_on_task_id: a, dependency_type: "input", contract_key: "notes" }],
  });
  await startTask(hub.engine, session, a);
  await completeTask(hub.engine, session, a, result({ count: "many", extra: [1] }));
  await hub.settled();
  expect(await hub.task(a)).toMatchObject({ status: "done", contract_status: "fulfilled" });
  expect(await hub.task(needs)).toMatchObject({ blockers: 1 });
  const warnings = await hub.sql.query<{ message: string }>(
    "select details ->> 'message' as message from activity_log where event_type = 'task.contract_warning' order by seq",
  );
  expect(warnings.map(({ message }) => message)).toEqual([
    'The optional contract "notes" was not delivered.',
    'The optional contract "count" is not valid: / must be integer.',
  ]);
});

test("a contract's value of more than 1 MiB is refused, one of 1 MiB is handed on", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, session } = await worker(hub);
  const a = await hub.addTask(project);
  await hub.settled();
  const b = await hub.addTask(project, {
    dependencies: [{ depends_on_task_id: a, dependency_type: "input", contract_key: "text" }],
  });
  await startTask(hub.engine, session, a);
  const text = "x".repeat(1024 * 1024 - 2);
  await expect(completeTask(hub.engine, session, a, result({ text: `${text}y` }))).rejects.toMatchObject({
    code: "body_too_large",
  });
  await completeTask(hub.engine, session, a, result({ text }));
  expect(await hub.task(b)).toMatchObject({ blockers: 0, resolved_inputs: { text } });
});
