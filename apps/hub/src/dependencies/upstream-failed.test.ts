import { Completion, type NewDependency } from "@orchestratia/protocol/tasks";
import type { TaskId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { respondIntervention } from "../interventions/respond-intervention.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { failTask } from "../tasks/fail-task.ts";
import { reopenTask } from "../tasks/reopen-task.ts";
import { retryTask } from "../tasks/retry-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { addDependency } from "./add-dependency.ts";
import { BLOCKED_BY_FAILED } from "./blocked-by-failed.ts";
import { removeDependency } from "./remove-dependency.ts";

interface Question {
  id: string;
  task_id: string;
  status: string;
  question: string;
  context: string | null;
  options: string[];
}

async function place(hub: TestEngine, settings: Record<string, unknown> = {}) {
  const project = await hub.addProject(settings);
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const task = (more: Record<string, unknown> = {}) => hub.addTask(project, { auto_assign: false, ...more });
  const waitFor = (id: string, upstream: string, more: Partial<NewDependency> = {}) =>
    addDependency(hub.engine, SYSTEM, id, {
      depends_on_task_id: upstream as TaskId,
      dependency_type: "blocks",
      ...more,
    });
  /** A task that has begun. */
  const begun = async (more: Record<string, unknown> = {}) => {
    const id = await hub.addTask(project, more);
    await hub.settled();
    await startTask(hub.engine, session, id);
    return id;
  };
  const fail = async (id: string) => {
    await failTask(hub.engine, session, id, "The compiler is gone.");
    await hub.settled();
  };
  const answer = async (question: Question | undefined, choice: string) => {
    await respondIntervention(hub.engine, SYSTEM, question?.id ?? "", choice);
    await hub.settled();
  };
  return { project, server, session, task, waitFor, begun, fail, answer };
}

const questions = (hub: TestEngine, status = "pending") =>
  hub.sql.query<Question>(
    `select id, task_id, status, question, context, options from interventions
     where raised_by = 'hub' and status = $1 order by created_at, task_id`,
    [status],
  );
const statuses = async (hub: TestEngine, ...ids: string[]) =>
  Promise.all(ids.map(async (id) => (await hub.task(id)).status));
const keyOf = async (hub: TestEngine, id: string) => (await hub.task(id)).key;

test("a failed task makes the hub ask once about each task that waits for it, not about those further down", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, task, begun, waitFor, fail } = await place(hub);
  const upstream = await begun({ title: "Build it" });
  const [near, other, far, reader] = [await task(), await task(), await task(), await task()];
  await waitFor(near, upstream);
  await waitFor(other, upstream, { dependency_type: "input", contract_key: "api" });
  await waitFor(far, near);
  await waitFor(reader, upstream, { dependency_type: "related" });
  await fail(upstream);
  await hub.engine.rederive();
  const asked = await questions(hub);
  expect(asked.map(({ task_id }) => task_id).sort()).toEqual([near, other].sort());
  const about = asked.find(({ task_id }) => task_id === near);
  expect(about).toMatchObject({
    question: `${await keyOf(hub, upstream)} (Build it) failed, and ${await keyOf(hub, near)} waits for it. What shall happen?`,
    context: "The compiler is gone.",
    options: ["Retry upstream", "Drop the dependency", "Cancel downstream"],
  });
  expect(await statuses(hub, near, other, far)).toEqual(["pending", "pending", "pending"]);
  const held = await hub.sql.query<{ id: string }>(BLOCKED_BY_FAILED, [project]);
  expect(held.map(({ id }) => id).sort()).toEqual([near, other, far].sort());
});

test("to retry the upstream is one answer for all who wait: the other questions are withdrawn", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { session, task, begun, waitFor, fail, answer } = await place(hub);
  const upstream = await begun();
  const [one, two] = [await task(), await task()];
  await waitFor(one, upstream);
  await waitFor(two, upstream);
  await fail(upstream);
  const [asked] = await questions(hub);
  await answer(asked, "retry upstream");
  expect(await questions(hub)).toEqual([]);
  expect(await questions(hub, "cancelled")).toHaveLength(1);
  expect(await hub.task(upstream)).toMatchObject({ attempt: 2 });
  await startTask(hub.engine, session, upstream);
  await completeTask(hub.engine, session, upstream, Completion.parse({ result: {} }));
  expect(await hub.task(one)).toMatchObject({ blockers: 0 });
  expect(await hub.task(two)).toMatchObject({ blockers: 0 });
});

test("to drop the dependency frees the task that was asked about, and no other", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { session, task, begun, waitFor, fail, answer } = await place(hub);
  const upstream = await begun();
  const [one, two] = [await task({ auto_assign: true }), await task()];
  await waitFor(one, upstream);
  await waitFor(two, upstream);
  await fail(upstream);
  await answer(
    (await questions(hub)).find(({ task_id }) => task_id === one),
    "Drop the dependency",
  );
  expect(await hub.task(one)).toMatchObject({ status: "assigned", blockers: 0, assigned_session_id: session.id });
  expect((await questions(hub)).map(({ task_id }) => task_id)).toEqual([two]);
});

test("to cancel downstream cancels all that waits, however far, with what is below it, and spares what was done", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { task, begun, waitFor, fail, answer } = await place(hub);
  const upstream = await begun();
  const [near, far, beside] = [await task(), await task(), await task()];
  const below = await task({ parent_id: near });
  await waitFor(near, upstream);
  await waitFor(far, near, { dependency_type: "input", contract_key: "api" });
  await waitFor(beside, far, { dependency_type: "related" });
  await fail(upstream);
  const [asked] = await questions(hub);
  await answer(asked, "Cancel downstream");
  expect(await statuses(hub, upstream, near, below, far, beside)).toEqual([
    "failed",
    "cancelled",
    "cancelled",
    "cancelled",
    "pending",
  ]);
  await hub.engine.rederive();
  expect(await questions(hub)).toEqual([]);
});

test("what is none of the options is refused, and nothing is answered", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { task, session, begun, waitFor, fail } = await place(hub);
  const upstream = await begun();
  await waitFor(await task(), upstream);
  await fail(upstream);
  const [asked] = await questions(hub);
  const respond = (caller: Parameters<typeof respondIntervention>[1], words: string) =>
    respondIntervention(hub.engine, caller, asked?.id ?? "", words);
  await expect(respond(SYSTEM, "Whatever")).rejects.toMatchObject({
    code: "invalid_request",
    members: { options: ["Retry upstream", "Drop the dependency", "Cancel downstream"] },
  });
  // The hub asks people.
  await expect(respond({ ...session, role: "orchestrator" }, "Retry upstream")).rejects.toMatchObject({
    code: "human_only",
  });
  expect(await questions(hub)).toHaveLength(1);
});

test("a dropped dependency, or a dependent that is cancelled, leaves nothing to ask", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { task, begun, waitFor, fail } = await place(hub);
  const upstream = await begun();
  const [one, two] = [await task(), await task()];
  await waitFor(one, upstream);
  await waitFor(two, upstream);
  await fail(upstream);
  expect(await questions(hub)).toHaveLength(2);
  await removeDependency(hub.engine, SYSTEM, one, upstream);
  expect((await questions(hub)).map(({ task_id }) => task_id)).toEqual([two]);
  await cancelTask(hub.engine, SYSTEM, two);
  expect(await questions(hub)).toEqual([]);
});

test("an answer that comes after its cause is gone is refused, though the question is still open", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { task, begun, waitFor, fail } = await place(hub);
  const upstream = await begun();
  const id = await task();
  await waitFor(id, upstream);
  await fail(upstream);
  const [asked] = await questions(hub);
  // The moment between the fact and what follows from it.
  await hub.sql.query("delete from task_dependencies where task_id = $1", [id]);
  await hub.sql.query("update tasks set blockers = 0 where id = $1", [id]);
  await expect(respondIntervention(hub.engine, SYSTEM, asked?.id ?? "", "Retry upstream")).rejects.toMatchObject({
    code: "intervention_settled",
  });
  expect(await hub.task(upstream)).toMatchObject({ status: "failed" });
  expect(await questions(hub)).toHaveLength(1);
  await hub.engine.rederive();
  expect(await questions(hub)).toEqual([]);
});

test("a cancelled subtree asks nothing about its own tasks, only about those outside that wait for it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { task, waitFor } = await place(hub);
  const epic = await task({ type: "epic" });
  const [one, two] = [await task({ parent_id: epic }), await task({ parent_id: epic })];
  const outside = await task();
  await waitFor(two, one);
  await waitFor(outside, two);
  await cancelTask(hub.engine, SYSTEM, epic);
  await hub.settled();
  expect(await questions(hub)).toMatchObject([
    { task_id: outside, question: expect.stringContaining("was cancelled"), context: null },
  ]);
});

test("a project may choose that what waits is cancelled: the history says why, and nobody is asked", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { task, begun, waitFor, fail } = await place(hub, { on_upstream_failure: "cancel" });
  const upstream = await begun();
  const [near, far] = [await task(), await task()];
  await waitFor(near, upstream);
  await waitFor(far, near);
  await fail(upstream);
  expect(await statuses(hub, near, far)).toEqual(["cancelled", "cancelled"]);
  expect(await questions(hub)).toEqual([]);
  const facts = await hub.sql.query(
    `select event_type, actor ->> 'type' as by, details ->> 'upstream_key' as upstream from activity_log
     where task_id = $1 and event_type in ('task.upstream_failed', 'task.cancelled') order by seq`,
    [near],
  );
  expect(facts).toEqual([
    { event_type: "task.upstream_failed", by: "system", upstream: await keyOf(hub, upstream) },
    { event_type: "task.cancelled", by: "system", upstream: null },
  ]);
});

test("whoever lets a task wait for one that has failed is asked, whatever the project's policy", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { task, begun, waitFor, fail } = await place(hub, { on_upstream_failure: "cancel" });
  const upstream = await begun();
  await fail(upstream);
  const id = await task();
  await waitFor(id, upstream);
  await hub.settled();
  expect(await statuses(hub, id)).toEqual(["pending"]);
  expect(await questions(hub)).toMatchObject([{ task_id: id }]);
});

test("what failed while nobody listened is asked about at the next look", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { task, begun, waitFor } = await place(hub);
  const upstream = await begun();
  const id = await task();
  await waitFor(id, upstream);
  await hub.settled();
  await hub.sql.query("update engine.leases set closed_at = now(), close_reason = 'failed' where task_id = $1", [
    upstream,
  ]);
  await hub.sql.query("update tasks set status = 'failed', completed_at = now() where id = $1", [upstream]);
  await hub.sql.query("update servers set active_tasks = 0");
  await hub.engine.rederive();
  await hub.engine.rederive();
  expect(await questions(hub)).toMatchObject([{ task_id: id }]);
});

test("a task whose upstream did not deliver is freed or cancelled by the answer, and asked about again only if it must", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { session, task, begun, waitFor, answer } = await place(hub);
  const upstream = await begun();
  const [drops, cancels, waits] = [await task(), await task(), await task()];
  await waitFor(drops, upstream, { dependency_type: "input", contract_key: "api" });
  await waitFor(cancels, upstream, { dependency_type: "input", contract_key: "api" });
  await waitFor(waits, cancels);
  const partial = Completion.parse({ result: { contracts: {} }, allow_partial: true });
  await completeTask(hub.engine, session, upstream, partial);
  await hub.settled();
  const asked = await questions(hub);
  expect(asked.map(({ task_id }) => task_id).sort()).toEqual([drops, cancels].sort());
  const about = (id: string) => asked.find(({ task_id }) => task_id === id);
  await answer(about(drops), "Drop the dependency");
  expect(await hub.task(drops)).toMatchObject({ status: "pending", blockers: 0 });
  await answer(about(cancels), "Cancel this task");
  expect(await statuses(hub, cancels, waits)).toEqual(["cancelled", "cancelled"]);
  await hub.engine.rederive();
  expect(await questions(hub)).toEqual([]);
});

test("a task that is tried again though its upstream is still failed is asked about, not cancelled again", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { task, begun, waitFor, fail } = await place(hub, { on_upstream_failure: "cancel" });
  const upstream = await begun();
  const id = await task();
  await waitFor(id, upstream);
  await fail(upstream);
  expect(await statuses(hub, id)).toEqual(["cancelled"]);
  await retryTask(hub.engine, SYSTEM, id);
  await hub.settled();
  expect(await statuses(hub, id)).toEqual(["pending"]);
  expect(await questions(hub)).toMatchObject([{ task_id: id }]);
});

test("an upstream that did not deliver is taken up again: the question is withdrawn, and its full result frees the task", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { session, task, begun, waitFor } = await place(hub);
  const upstream = await begun();
  const id = await task();
  await waitFor(id, upstream, { dependency_type: "input", contract_key: "api" });
  const done = (contracts: Record<string, unknown>, allow_partial: boolean) =>
    completeTask(hub.engine, session, upstream, Completion.parse({ result: { contracts }, allow_partial }));
  await done({}, true);
  await hub.settled();
  expect(await questions(hub)).toHaveLength(1);
  await reopenTask(hub.engine, SYSTEM, upstream);
  await hub.settled();
  expect(await questions(hub)).toEqual([]);
  await startTask(hub.engine, session, upstream);
  await done({ api: 1 }, false);
  expect(await hub.task(id)).toMatchObject({ blockers: 0, resolved_inputs: { api: 1 } });
});

test("a failed child holds the next of a sequential parent: it is retried, or archived to go on without it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  // The policy is not for the order among siblings: what is cancelled would let the one after it go.
  const { task, begun, fail, answer } = await place(hub, { on_upstream_failure: "cancel" });
  const epic = await task({ type: "epic", exec_mode: "seq" });
  const first = await begun({ parent_id: epic });
  const second = await task({ parent_id: epic });
  await fail(first);
  const [asked] = await questions(hub);
  expect(asked).toMatchObject({
    task_id: second,
    options: ["Retry upstream", "Archive upstream", "Cancel downstream"],
  });
  expect(await hub.task(second)).toMatchObject({ status: "pending", blockers: 1 });
  await answer(asked, "Archive upstream");
  expect(await hub.task(first)).toMatchObject({ status: "failed", archived_at: expect.any(Date) });
  expect(await hub.task(second)).toMatchObject({ status: "pending", blockers: 0 });
  await hub.engine.rederive();
  expect(await questions(hub)).toEqual([]);
});
