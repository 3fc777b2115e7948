import { Completion } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { addDependency } from "../dependencies/add-dependency.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { assignTask } from "./assign-task.ts";
import { cancelTask } from "./cancel-task.ts";
import { completeTask } from "./complete-task.ts";
import { failTask } from "./fail-task.ts";
import { reopenTask } from "./reopen-task.ts";
import { retryTask } from "./retry-task.ts";
import { startTask } from "./start-task.ts";

const result = (api: unknown) => Completion.parse({ result: { summary: "done", contracts: { api } } });

async function team(hub: TestEngine) {
  const project = await hub.addProject({ auto_start_sessions: false });
  const server = await hub.addServer(project, { max: 10 });
  const add = (task: Record<string, unknown> = {}) => hub.addTask(project, { auto_assign: false, ...task });
  const begin = async (id: string) => {
    const session = await hub.addSession(project, server);
    await assignTask(hub.engine, SYSTEM, id, { session_id: session.id });
    await startTask(hub.engine, session, id);
    return session;
  };
  return { project, server, add, begin };
}

const edge = async (hub: TestEngine, id: string) =>
  (await hub.sql.query<{ resolved: boolean }>("select resolved from task_dependencies where task_id = $1", [id]))[0]
    ?.resolved;

test("what waited for a reopened task and has not begun waits again; who has begun is told", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server, add, begin } = await team(hub);
  const upstream = await add();
  const worker = await begin(upstream);
  const needs = { dependencies: [{ depends_on_task_id: upstream, dependency_type: "input", contract_key: "api" }] };
  const pending = await add(needs);
  const assigned = await add(needs);
  const failed = await add(needs);
  const cancelled = await add(needs);
  const running = await add(needs);
  const done = await add(needs);
  const second = await hub.addSession(project, server);
  await assignTask(hub.engine, SYSTEM, assigned, { session_id: second.id });
  await completeTask(hub.engine, worker, upstream, result(1));
  await failTask(hub.engine, await begin(failed), failed, "no");
  await begin(cancelled);
  await cancelTask(hub.engine, SYSTEM, cancelled);
  const third = await begin(running);
  await completeTask(hub.engine, await begin(done), done, result(2));
  await hub.settled();
  expect(await hub.task(assigned)).toMatchObject({ blockers: 0, deliveries: 1 });
  expect(await hub.sql.query("select active_tasks from servers")).toEqual([{ active_tasks: 2 }]);
  const before = server.frames.length;

  await reopenTask(hub.engine, SYSTEM, upstream);
  await hub.settled();
  expect(await hub.task(upstream)).toMatchObject({ status: "pending", epoch: 1, attempt: 1, completed_at: null });
  for (const id of [pending, assigned, failed, cancelled]) {
    expect(await hub.task(id)).toMatchObject({ blockers: 1, resolved_inputs: {}, delivered_at: null, deliveries: 0 });
    expect(await edge(hub, id)).toBe(false);
  }
  for (const id of [running, done]) {
    expect(await hub.task(id)).toMatchObject({ blockers: 0, resolved_inputs: { api: 1 } });
    expect(await edge(hub, id)).toBe(true);
  }
  expect(await hub.sql.query("select active_tasks from servers")).toEqual([{ active_tasks: 1 }]);
  const told = server.frames
    .slice(before)
    .flatMap((frame) => (frame.type === "task_note" ? [[frame.session_id, frame.task_id]] : []));
  expect(told.sort()).toEqual(
    [
      [second.id, assigned],
      [third.id, running],
    ].sort(),
  );
  const facts = await hub.sql.query<{ task_id: string; blocked: boolean }>(
    `select task_id, (details ->> 'blocked')::boolean as blocked from activity_log
     where event_type = 'task.upstream_reopened'`,
  );
  expect(new Map(facts.map(({ task_id, blocked }) => [task_id, blocked]))).toEqual(
    new Map([
      [pending, true],
      [assigned, true],
      [failed, true],
      [cancelled, true],
      [running, false],
      [done, false],
    ]),
  );
  await expect(completeTask(hub.engine, worker, upstream, result(1))).rejects.toMatchObject({ code: "stale_lease" });

  // Unblocking a second time makes a new delivery, with what is delivered now.
  await completeTask(hub.engine, await begin(upstream), upstream, result(3));
  await hub.settled();
  expect(await hub.task(assigned)).toMatchObject({ blockers: 0, deliveries: 1, resolved_inputs: { api: 3 } });
  expect(await hub.task(failed)).toMatchObject({ status: "failed", blockers: 0 });
  await retryTask(hub.engine, SYSTEM, failed);
  expect(await hub.task(failed)).toMatchObject({ status: "pending", blockers: 0, resolved_inputs: { api: 3 } });
});

test("a plain dependency of a task on its way waits again as well, and other dependencies stay as they are", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { add, begin } = await team(hub);
  const one = await add();
  const two = await add();
  const dependent = await add({ dependency_ids: [one, two] });
  await completeTask(hub.engine, await begin(one), one, result(1));
  await completeTask(hub.engine, await begin(two), two, result(2));
  await reopenTask(hub.engine, SYSTEM, one);
  expect(await hub.task(dependent)).toMatchObject({ status: "pending", blockers: 1 });
  await expect(reopenTask(hub.engine, SYSTEM, one)).rejects.toMatchObject({
    code: "task_wrong_status",
    members: { current_status: "pending", allowed_moves: ["assign", "cancel"] },
  });
  await reopenTask(hub.engine, SYSTEM, two);
  expect(await hub.task(dependent)).toMatchObject({ blockers: 2 });
});

test("two tasks never wait for each other: what is under way may have to wait for the reopened one again", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { add, begin } = await team(hub);
  const upstream = await add();
  const task = await add({ dependency_ids: [upstream] });
  await completeTask(hub.engine, await begin(upstream), upstream, result(1));
  const worker = await begin(task);
  await reopenTask(hub.engine, SYSTEM, upstream);
  const edgeBack = { depends_on_task_id: task as never, dependency_type: "blocks" } as const;
  await expect(addDependency(hub.engine, SYSTEM, upstream, edgeBack)).rejects.toMatchObject({
    code: "dependency_cycle",
  });
  await failTask(hub.engine, worker, task, "no");
  await retryTask(hub.engine, SYSTEM, task);
  expect(await hub.task(task)).toMatchObject({ status: "pending", blockers: 1 });
});
