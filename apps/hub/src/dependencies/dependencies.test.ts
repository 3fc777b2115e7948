import { Completion, type NewDependency } from "@orchestratia/protocol/tasks";
import type { TaskId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { reopenTask } from "../tasks/reopen-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { addDependency } from "./add-dependency.ts";
import { removeDependency } from "./remove-dependency.ts";

const result = (contracts: Record<string, unknown>) => Completion.parse({ result: { summary: "done", contracts } });

async function place(hub: TestEngine, max = 4) {
  const project = await hub.addProject();
  const server = await hub.addServer(project, { max });
  const session = await hub.addSession(project, server);
  const add = (task: string, upstream: string, more: Partial<NewDependency> = {}) =>
    addDependency(hub.engine, SYSTEM, task, {
      depends_on_task_id: upstream as TaskId,
      dependency_type: "blocks",
      ...more,
    });
  const task = (more: Record<string, unknown> = {}) => hub.addTask(project, { auto_assign: false, ...more });
  /** A task that is done, and delivered these contracts. */
  const done = async (contracts: Record<string, unknown>) => {
    const id = await hub.addTask(project);
    await hub.settled();
    await startTask(hub.engine, session, id);
    await completeTask(hub.engine, session, id, result(contracts));
    return id;
  };
  return { project, server, session, add, task, done };
}

const keyOf = async (hub: TestEngine, id: string) => (await hub.task(id)).key;

test("a circle is refused with the way round, in keys", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { add, task } = await place(hub);
  const [a, b, c] = [await task(), await task(), await task()];
  await add(b, a);
  await add(c, b, { dependency_type: "input", contract_key: "k" });
  const path = [await keyOf(hub, a), await keyOf(hub, c), await keyOf(hub, b), await keyOf(hub, a)];
  const before = await hub.task(a);
  await expect(add(a, c)).rejects.toMatchObject({ code: "dependency_cycle", members: { path } });
  expect(await hub.task(a)).toEqual(before);
  // What gates nothing closes no circle.
  await add(a, c, { dependency_type: "related" });
  expect(await hub.task(a)).toMatchObject({ blockers: 0 });
});

test("a task that was reopened may not wait for one that was begun with its result: both would wait at its next attempt", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, session, add, done } = await place(hub);
  const upstream = await done({});
  const begun = await hub.addTask(project);
  await add(begun, upstream);
  await hub.settled();
  await startTask(hub.engine, session, begun);
  await reopenTask(hub.engine, SYSTEM, upstream);
  const path = [await keyOf(hub, upstream), await keyOf(hub, begun), await keyOf(hub, upstream)];
  await expect(add(upstream, begun)).rejects.toMatchObject({ code: "dependency_cycle", members: { path } });
});

test("no task depends on itself, twice on one, or on another project's", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { add, task } = await place(hub);
  const { task: foreign } = await place(hub);
  const [a, b] = [await task(), await task()];
  await add(b, a);
  await expect(add(a, a)).rejects.toMatchObject({ code: "dependency_self" });
  await expect(add(b, a, { dependency_type: "input" })).rejects.toMatchObject({ code: "dependency_exists" });
  await expect(add(b, await foreign())).rejects.toMatchObject({ code: "task_not_found" });
  expect(await hub.task(b)).toMatchObject({ blockers: 1 });
});

test("nothing new holds back a task that was begun", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, session, add, task } = await place(hub);
  const begun = await hub.addTask(project);
  await hub.settled();
  await startTask(hub.engine, session, begun);
  await expect(add(begun, await task())).rejects.toMatchObject({ code: "dependency_too_late" });
  await add(begun, await task(), { dependency_type: "related" });
  // The session still has its task.
  const waiting = await hub.addTask(project);
  await hub.settled();
  expect(await hub.task(waiting)).toMatchObject({ status: "assigned", assigned_session_id: null });
});

test("inputs have names of their own: the key, the alias, or the upstream's key for all its contracts", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { add, task, done } = await place(hub);
  const api = { endpoints: ["/a"] };
  const one = await done({ api, note: null });
  const two = await done({ api: 2 });
  const three = await done({ x: [1] });
  const id = await task();
  await add(id, one, { dependency_type: "input", contract_key: "api" });
  await expect(add(id, two, { dependency_type: "input", contract_key: "api" })).rejects.toMatchObject({
    code: "input_name_taken",
  });
  await add(id, two, { dependency_type: "input", contract_key: "api", alias: "other_api" });
  await add(id, three, { dependency_type: "input" });
  expect(await hub.task(id)).toMatchObject({
    blockers: 0,
    resolved_inputs: { api, other_api: 2, [String(await keyOf(hub, three))]: { x: [1] } },
  });
  await removeDependency(hub.engine, SYSTEM, id, two);
  expect(await hub.task(id)).toMatchObject({ resolved_inputs: { api } });
  expect(Object.keys((await hub.task(id)).resolved_inputs as object)).not.toContain("other_api");
});

test("an input that a done task never delivered is refused, one that it delivered as null is not", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { add, task, done } = await place(hub);
  const upstream = await done({ nothing: null });
  const id = await task();
  await expect(add(id, upstream, { dependency_type: "input", contract_key: "api" })).rejects.toMatchObject({
    code: "contract_missing",
  });
  await add(id, upstream, { dependency_type: "input", contract_key: "nothing" });
  expect(await hub.task(id)).toMatchObject({ blockers: 0, resolved_inputs: { nothing: null } });
});

test("an input that nobody declared is warned about, and required of the result all the same; a key on `blocks` is not", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, session, add, task } = await place(hub);
  const upstream = await hub.addTask(project);
  await hub.settled();
  const [needs, waits] = [await task(), await task()];
  const { warnings } = await add(needs, upstream, { dependency_type: "input", contract_key: "api" });
  expect(warnings).toEqual([expect.stringContaining('does not declare the contract "api"')]);
  await add(waits, upstream, { contract_key: "unread" });
  await startTask(hub.engine, session, upstream);
  await expect(completeTask(hub.engine, session, upstream, result({}))).rejects.toMatchObject({
    code: "contract_unfulfilled",
    members: { missing: ["api"] },
  });
  await completeTask(hub.engine, session, upstream, result({ api: null }));
  expect(await hub.task(needs)).toMatchObject({ blockers: 0, resolved_inputs: { api: null } });
  expect(await hub.task(waits)).toMatchObject({ blockers: 0, resolved_inputs: {} });
});

test("a dropped dependency frees its task, and what the hub asked because of it is withdrawn", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, session, add } = await place(hub, 1);
  const upstream = await hub.addTask(project);
  await hub.settled();
  const id = await hub.addTask(project, { dependency_ids: [] });
  await add(id, upstream, { dependency_type: "input", contract_key: "api" });
  await startTask(hub.engine, session, upstream);
  await completeTask(hub.engine, session, upstream, { ...result({}), allow_partial: true });
  await hub.settled();
  const [asked] = await hub.sql.query<{ id: string }>(
    "select id, options, status from interventions where raised_by = 'hub'",
  );
  expect(asked).toMatchObject({ status: "pending", options: ["Drop the dependency", "Cancel this task"] });

  await removeDependency(hub.engine, SYSTEM, id, upstream);
  await hub.settled();
  expect(await hub.task(id)).toMatchObject({ status: "assigned", blockers: 0, assigned_session_id: session.id });
  expect(await hub.sql.query("select status from interventions")).toEqual([{ status: "cancelled" }]);
  const facts = await hub.sql.query<{ event_type: string }>(
    "select event_type from activity_log where task_id = $1 and event_type not like 'task.created' order by seq",
    [id],
  );
  expect(facts.map(({ event_type }) => event_type)).toEqual([
    "dependency.added",
    "intervention.raised",
    "dependency.removed",
    "task.unblocked",
    "intervention.cancelled",
    "task.assigned",
    "task.delivered",
  ]);
});

test("a delivered task that is blocked again leaves its session, and is delivered anew when it is free", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server, session, add, task } = await place(hub);
  const id = await hub.addTask(project);
  await hub.settled();
  expect(server.frames.at(-1)).toMatchObject({ type: "task_assigned", task_id: id });
  const upstream = await task();
  await add(id, upstream);
  expect(await hub.sql.query("select active_tasks from servers")).toEqual([{ active_tasks: 0 }]);
  const other = await hub.addTask(project);
  await hub.settled();
  expect(await hub.task(other)).toMatchObject({ assigned_session_id: session.id });
  await startTask(hub.engine, session, other);

  // The session works on something else now, so the task waits for it and is not lost.
  await removeDependency(hub.engine, SYSTEM, id, upstream);
  await hub.settled();
  expect(server.frames.at(-1)).toMatchObject({ task_id: other });
  await completeTask(hub.engine, session, other, result({}));
  await hub.settled();
  expect(server.frames.at(-1)).toMatchObject({ type: "task_assigned", task_id: id, session_id: session.id });
});
