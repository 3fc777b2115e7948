import { NewPipeline } from "@orchestratia/protocol/pipelines";
import { Completion } from "@orchestratia/protocol/tasks";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { createPipeline } from "../pipelines/create-pipeline.ts";
import { sessionEnded } from "../sessions/session-status.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { failTask } from "../tasks/fail-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { newestPipeline } from "./demo-pipeline.ts";
import { runDemo } from "./run-demo.ts";

const task = { spec: "Do it.", labels: ["demo-pipeline"], auto_assign: false };
const definition = NewPipeline.parse({
  tasks: [
    {
      ...task,
      id: "a",
      title: "A",
      structured_spec: { expected_output: { contracts: [{ key: "api", schema: { type: "object" } }] } },
    },
    { ...task, id: "b", title: "B", depends_on: [{ task: "a", dependency_type: "input", contract_key: "api" }] },
    { ...task, id: "c", title: "C", depends_on: ["b"] },
  ],
});
const delivered = Completion.parse({ result: { summary: "done", contracts: { api: { version: 1 } } } });

async function openDemo(test: TestEngine) {
  const project = await test.addProject();
  const server = await test.addServer(project, { agents: ["custom"] });
  const session = await test.addSession(project, server);
  await createPipeline(test.engine, SYSTEM, project, definition);
  await test.settled();
  return { project, server, session };
}

const stateOf = async ({ sql }: TestEngine, project: ProjectId) => (await newestPipeline(sql, project)).state;
const run = async (test: TestEngine, project: ProjectId) => {
  const ids = await runDemo(test.engine, SYSTEM, project);
  await test.settled();
  return ids as [string, string, string];
};

test("before a pipeline was made, a run is refused", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  await expect(runDemo(hub.engine, SYSTEM, project)).rejects.toMatchObject({ code: "task_not_found" });
});

test("the ready pipeline waits, whoever is idle, until it is run; then the matcher places what is free", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server, session } = await openDemo(hub);
  const ready = await newestPipeline(hub.sql, project);
  expect(ready.state).toBe("ready");
  for (const id of ready.taskIds) expect(await hub.task(id)).toMatchObject({ status: "pending", auto_assign: false });

  const ids = await run(hub, project);
  expect(ids).toEqual(ready.taskIds);
  expect(await hub.task(ids[0])).toMatchObject({ status: "assigned", assigned_server_id: server.id });
  expect(await stateOf(hub, project)).toBe("running");

  for (const id of ids) {
    await startTask(hub.engine, session, id);
    await completeTask(hub.engine, session, id, delivered);
    await hub.settled();
  }
  expect(await stateOf(hub, project)).toBe("done");
  expect(await hub.task(ids[1])).toMatchObject({ resolved_inputs: { api: { version: 1 } } });
});

test("a second run makes the same pipeline anew, and runs it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, session } = await openDemo(hub);
  const first = await run(hub, project);
  for (const id of first) {
    await startTask(hub.engine, session, id);
    await completeTask(hub.engine, session, id, delivered);
    await hub.settled();
  }

  const second = await run(hub, project);
  expect(second.filter((id) => first.includes(id))).toEqual([]);
  const edges = await hub.sql.query(
    `select up.title as upstream, t.title, d.dependency_type, d.contract_key, d.resolved
     from task_dependencies d join tasks t on t.id = d.task_id join tasks up on up.id = d.depends_on_task_id
     where t.id = any($1::uuid[]) order by t.number`,
    [second],
  );
  expect(edges).toEqual([
    { upstream: "A", title: "B", dependency_type: "input", contract_key: "api", resolved: false },
    { upstream: "B", title: "C", dependency_type: "blocks", contract_key: null, resolved: false },
  ]);
  const [a, b] = await Promise.all([hub.task(first[0]), hub.task(second[0])]);
  for (const column of ["title", "spec", "structured_spec", "requirements", "labels"]) {
    expect(b[column]).toEqual(a[column]);
  }
  expect(b).toMatchObject({ status: "assigned", resolved_inputs: {}, result: null });
});

test("two who start it at once get one run", async () => {
  await using database = await createTestDatabase();
  await using left = await openTestEngine(database.url);
  await using right = await openTestEngine(database.url);
  const { project, session } = await openDemo(left);
  const [first] = await run(left, project);
  await startTask(left.engine, session, first);
  await failTask(left.engine, session, first, "no disk");
  await left.settled();

  // Whoever comes first inserts; the other must see what it inserted.
  const outcomes = await left.race(
    "select id from projects where id = $1 for update",
    [project],
    [() => runDemo(left.engine, SYSTEM, project), () => runDemo(right.engine, SYSTEM, project)],
  );
  const [one, other] = outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : outcome.reason));
  expect(one).toHaveLength(3);
  expect(other).toEqual(one);
  await Promise.all([left.settled(), right.settled()]);
});

test("what a failed run left undone is cancelled by the next", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, session } = await openDemo(hub);
  const [a, b, c] = await run(hub, project);
  await startTask(hub.engine, session, a);
  await failTask(hub.engine, session, a, "no disk");
  await hub.settled();
  expect(await stateOf(hub, project)).toBe("stopped");

  const [next] = await run(hub, project);
  expect(await hub.task(a)).toMatchObject({ status: "failed" });
  expect(await hub.task(b)).toMatchObject({ status: "cancelled" });
  expect(await hub.task(c)).toMatchObject({ status: "cancelled" });
  expect(await hub.task(next)).toMatchObject({ status: "assigned" });
});

test("a run whose worker's session ended does not keep its place for ever: the next run takes it over", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server, session } = await openDemo(hub);
  const [a] = await run(hub, project);
  await startTask(hub.engine, session, a);
  expect(await stateOf(hub, project)).toBe("running");
  const live = hub.sessions.get(session.id);
  if (!live) throw new Error("the session is not live");
  await sessionEnded(hub.sessionHub, live, { status: "closed", exitCode: 0 });
  await hub.settled();
  expect(await stateOf(hub, project)).toBe("stopped");

  const [next] = await run(hub, project);
  expect(await hub.task(a)).toMatchObject({ status: "cancelled" });
  expect(await hub.task(next)).toMatchObject({ status: "assigned" });
  expect(await hub.sql.query("select active_tasks from servers where id = $1", [server.id])).toEqual([
    { active_tasks: 1 },
  ]);
});
