import { Completion } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { type Caller, SYSTEM } from "../access/caller.ts";
import { respondIntervention } from "../interventions/respond-intervention.ts";
import { archiveTask } from "../tasks/archive-task.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { failTask } from "../tasks/fail-task.ts";
import { reopenTask } from "../tasks/reopen-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { placeTask } from "./place-task.ts";

const result = (contracts: Record<string, unknown> = {}, summary = "Did it.") =>
  Completion.parse({ result: { summary, contracts } });

const PERSON = {
  kind: "user",
  id: "00000000-0000-4000-8000-00000000000a",
  name: "Ada",
  email: "ada@example.org",
  role: "admin",
} as Caller;

async function place(hub: TestEngine) {
  const project = await hub.addProject();
  const server = await hub.addServer(project, { max: 50 });
  const task = (more: Record<string, unknown> = {}) => hub.addTask(project, { auto_assign: false, ...more });
  const begin = async (id: string) => {
    const session = await hub.addSession(project, server);
    await assignTask(hub.engine, SYSTEM, id, { session_id: session.id });
    await startTask(hub.engine, session, id);
    return session;
  };
  const finish = async (id: string, delivery = result()) => {
    await completeTask(hub.engine, await begin(id), id, delivery);
    await hub.settled();
  };
  const fail = async (id: string) => {
    await failTask(hub.engine, await begin(id), id, "broken");
    await hub.settled();
  };
  const facts = async (id: string) => {
    const rows = await hub.sql.query<{ event_type: string }>(
      "select event_type from activity_log where task_id = $1 order by seq",
      [id],
    );
    return rows.map(({ event_type }) => event_type);
  };
  return { project, server, task, begin, finish, fail, facts };
}

test("an epic is done when its children are, and everything that waits for it goes on", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, task, finish, facts } = await place(hub);
  const epic = await task({ type: "epic" });
  const [one, two] = [await task({ parent_id: epic }), await task({ parent_id: epic })];
  const after = await hub.addTask(project, { dependency_ids: [epic] });
  await finish(one);
  expect(await hub.task(epic)).toMatchObject({ status: "pending" });
  await cancelTask(hub.engine, SYSTEM, two);
  await hub.settled();
  expect(await hub.task(epic)).toMatchObject({
    status: "done",
    epoch: 0,
    result: {
      summary: "1 of 2 children done.",
      children: [
        { key: (await hub.task(one)).key, title: "A task", status: "done", summary: "Did it." },
        { key: (await hub.task(two)).key, title: "A task", status: "cancelled" },
      ],
    },
  });
  expect(await hub.task(after)).toMatchObject({ status: "assigned", blockers: 0 });
  expect(await facts(epic)).toEqual(["task.created", "task.completed"]);
});

test("a plain parent rolls up as an epic does, and its own parent with it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { task, finish } = await place(hub);
  const top = await task({ type: "epic" });
  const middle = await task({ parent_id: top });
  const leaf = await task({ parent_id: middle });
  await finish(leaf);
  expect(await hub.task(middle)).toMatchObject({ status: "done" });
  expect(await hub.task(top)).toMatchObject({ status: "done", result: { summary: "1 of 1 child done." } });
});

test("neither an epic nor a parent that never had a lease is given to anybody", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server, task } = await place(hub);
  const epic = await hub.addTask(project, { type: "epic" });
  const parent = await hub.addTask(project);
  await hub.settled();
  expect(await hub.task(parent)).toMatchObject({ status: "assigned" });
  await task({ parent_id: parent });
  await hub.settled();
  for (const id of [epic, parent]) {
    expect(await hub.task(id)).toMatchObject({ status: "pending", assigned_server_id: null });
    await expect(assignTask(hub.engine, SYSTEM, id, { server_id: server.id })).rejects.toMatchObject({
      code: "task_not_assignable",
    });
  }
});

test("a parent with a lease is settled by its worker, and its children go on", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { task, begin, finish } = await place(hub);
  const parent = await task();
  const session = await begin(parent);
  const [one, two] = [await task({ parent_id: parent }), await task({ parent_id: parent })];
  await finish(one);
  await cancelTask(hub.engine, SYSTEM, two);
  await hub.settled();
  expect(await hub.task(parent)).toMatchObject({ status: "running" });
  const three = await task({ parent_id: parent });
  await completeTask(hub.engine, session, parent, result());
  await hub.settled();
  expect(await hub.task(parent)).toMatchObject({ status: "done", result: { summary: "Did it." } });
  await finish(three);
  expect(await hub.task(three)).toMatchObject({ status: "done" });
});

test("an epic delivers what one of its children did, and asks where two did or none", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { task, finish } = await place(hub);
  const epic = await task({ type: "epic" });
  const [one, two] = [await task({ parent_id: epic }), await task({ parent_id: epic })];
  const input = (key: string) =>
    task({ dependencies: [{ depends_on_task_id: epic, dependency_type: "input", contract_key: key }] });
  const [api, both] = [await input("api"), await input("both")];
  await finish(one, result({ api: { v: 1 }, both: 1, other: true }));
  await finish(two, result({ both: 2 }));
  expect(await hub.task(epic)).toMatchObject({
    status: "done",
    contract_status: "partial",
    result: { contracts: { api: { v: 1 } } },
  });
  expect(await hub.task(api)).toMatchObject({ blockers: 0, resolved_inputs: { api: { v: 1 } } });
  expect(await hub.task(both)).toMatchObject({ blockers: 1, resolved_inputs: {} });
  expect(await hub.sql.query("select task_id from interventions where status = 'pending'")).toMatchObject([
    { task_id: both },
  ]);
});

test("two last children complete at once: their epic rolls up once", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  await using other = await openTestEngine(database.url);
  const { task, begin, facts } = await place(hub);
  const epic = await task({ type: "epic" });
  const [one, two] = [await task({ parent_id: epic }), await task({ parent_id: epic })];
  const after = await task({ dependency_ids: [epic] });
  const [first, second] = [await begin(one), await begin(two)];
  const outcomes = await hub.race(
    "select id from tasks where parent_id = $1 order by id for update",
    [epic],
    [() => completeTask(hub.engine, first, one, result()), () => completeTask(other.engine, second, two, result())],
  );
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  await Promise.all([hub.engine.rederive(), other.engine.rederive()]);
  await Promise.all([hub.settled(), other.settled()]);
  expect(await hub.task(epic)).toMatchObject({ status: "done", result: { summary: "2 of 2 children done." } });
  expect((await facts(epic)).filter((fact) => fact === "task.completed")).toEqual(["task.completed"]);
  expect(await hub.task(after)).toMatchObject({ blockers: 0 });
});

test("a child made while its epic rolls up is refused, or keeps the epic open", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  await using other = await openTestEngine(database.url);
  const { project, task, begin, finish } = await place(hub);
  const epic = await task({ type: "epic" });
  const last = await task({ parent_id: epic });
  const session = await begin(last);
  const outcomes = await hub.race<unknown>(
    "select id from tasks where id = any($1::uuid[]) for update",
    [[epic, last]],
    [
      () => completeTask(hub.engine, session, last, result()),
      () => other.addTask(project, { parent_id: epic, auto_assign: false }),
    ],
  );
  await Promise.all([hub.settled(), other.settled()]);
  expect(outcomes[0]?.status).toBe("fulfilled");
  const made = outcomes[1];
  if (made?.status === "fulfilled") {
    expect(await hub.task(epic)).toMatchObject({ status: "pending" });
    await finish(String(made.value));
  } else expect(made?.reason).toMatchObject({ code: "parent_settled" });
  expect(await hub.task(epic)).toMatchObject({ status: "done" });
});

test("an epic that waits for something itself is done only after that", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { task, finish } = await place(hub);
  const first = await task();
  const epic = await task({ type: "epic", dependency_ids: [first] });
  await finish(await task({ parent_id: epic }));
  expect(await hub.task(epic)).toMatchObject({ status: "pending", blockers: 1 });
  await finish(first);
  expect(await hub.task(epic)).toMatchObject({ status: "done" });
});

test("an epic whose last open child is moved away, or archived with the others, is done", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { task, finish, fail } = await place(hub);
  const epic = await task({ type: "epic" });
  const [one, two, three] = [
    await task({ parent_id: epic }),
    await task({ parent_id: epic }),
    await task({ parent_id: epic }),
  ];
  await finish(one);
  await fail(two);
  await archiveTask(hub.engine, SYSTEM, two);
  await placeTask(hub.engine, SYSTEM, three, { parentId: null });
  await hub.settled();
  expect(await hub.task(epic)).toMatchObject({
    status: "done",
    result: { summary: "1 of 2 children done.", children: [{ status: "done" }, { status: "failed", archived: true }] },
  });
});

test("what the hub did not hear of while it was away is rolled up from the rows", async () => {
  await using database = await createTestDatabase();
  const epic = await (async () => {
    await using hub = await openTestEngine(database.url);
    const { task, begin } = await place(hub);
    const id = await task({ type: "epic" });
    const child = await task({ parent_id: id });
    await begin(child);
    // As a hub leaves it that dies between the commit and the reaction.
    await hub.sql.query("update engine.leases set closed_at = now(), close_reason = 'done'");
    await hub.sql.query("update servers set active_tasks = 0");
    await hub.sql.query("update tasks set status = 'done', completed_at = now() where id = $1", [child]);
    return id;
  })();
  await using hub = await openTestEngine(database.url);
  await hub.engine.start();
  await hub.settled();
  expect(await hub.task(epic)).toMatchObject({ status: "done" });
});

test("an epic of which no child is done stays, and a person is asked once", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { task, fail } = await place(hub);
  const epic = await task({ type: "epic" });
  const [one, two] = [await task({ parent_id: epic }), await task({ parent_id: epic })];
  await fail(one);
  await cancelTask(hub.engine, SYSTEM, two);
  await hub.settled();
  await hub.engine.rederive();
  await hub.settled();
  const asked = () => hub.sql.query("select cause, status, options from interventions where task_id = $1", [epic]);
  expect(await hub.task(epic)).toMatchObject({ status: "pending" });
  const options = ["Cancel it", "Retry the failed ones", "Leave it"];
  expect(await asked()).toEqual([{ cause: "children_failed", status: "pending", options }]);
  // With a child that may still be done there is nothing to ask.
  await task({ parent_id: epic });
  await hub.settled();
  expect(await asked()).toEqual([{ cause: "children_failed", status: "cancelled", options }]);
});

/** An epic with two children, none of which is done, and the question about it. */
async function failedEpic(hub: TestEngine, { task, fail }: Awaited<ReturnType<typeof place>>) {
  const epic = await task({ type: "epic", exec_mode: "seq" });
  const [one, two] = [await task({ parent_id: epic }), await task({ parent_id: epic })];
  await fail(one);
  await cancelTask(hub.engine, SYSTEM, two);
  await hub.settled();
  const answer = async (response: string) => {
    const [open] = await hub.sql.query<{ id: string }>(
      "select id from interventions where task_id = $1 and status = 'pending'",
      [epic],
    );
    await respondIntervention(hub.engine, PERSON, String(open?.id), response);
    await hub.settled();
  };
  const questions = async () => {
    await hub.engine.rederive();
    await hub.settled();
    const rows = await hub.sql.query<{ asked: string }>(
      "select cause || ' ' || status as asked from interventions where task_id = $1 order by created_at",
      [epic],
    );
    return rows.map(({ asked }) => asked);
  };
  return { epic, one, two, answer, questions };
}

test("the failed children are retried in their order when a person says so", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const around = await place(hub);
  const { epic, one, two, answer, questions } = await failedEpic(hub, around);
  await answer("Retry the failed ones");
  expect(await hub.task(one)).toMatchObject({ status: "pending", blockers: 0, attempt: 2 });
  expect(await hub.task(two)).toMatchObject({ status: "pending", blockers: 1, attempt: 2 });
  expect(await questions()).toEqual(["children_failed responded"]);
  await around.finish(one);
  await around.finish(two);
  expect(await hub.task(epic)).toMatchObject({ status: "done" });
});

test("a person cancels the epic, or leaves it and is not asked again for the same", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const around = await place(hub);
  const cancelled = await failedEpic(hub, around);
  await cancelled.answer("Cancel it");
  expect(await hub.task(cancelled.epic)).toMatchObject({ status: "cancelled" });
  const left = await failedEpic(hub, around);
  await left.answer("Leave it");
  expect(await hub.task(left.epic)).toMatchObject({ status: "pending" });
  expect(await left.questions()).toEqual(["children_failed responded"]);
  // Another child that fails is something new.
  await around.fail(await around.task({ parent_id: left.epic, place: 1 }));
  expect(await left.questions()).toEqual(["children_failed responded", "children_failed pending"]);
});

test("a child that is taken up again opens its epic, and holds back what had waited for it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { task, finish } = await place(hub);
  const top = await task({ type: "epic" });
  const epic = await task({ type: "epic", parent_id: top });
  const child = await task({ parent_id: epic });
  const after = await task({ dependency_ids: [epic] });
  await finish(child);
  expect(await hub.task(top)).toMatchObject({ status: "done" });
  expect(await hub.task(after)).toMatchObject({ blockers: 0 });
  await reopenTask(hub.engine, SYSTEM, child);
  await hub.settled();
  for (const id of [epic, top]) expect(await hub.task(id)).toMatchObject({ status: "pending" });
  expect(await hub.task(after)).toMatchObject({ blockers: 1 });
  await finish(child);
  for (const id of [epic, top]) expect(await hub.task(id)).toMatchObject({ status: "done" });
  expect(await hub.task(after)).toMatchObject({ blockers: 0 });
  expect(await hub.sql.query("select id from interventions")).toEqual([]);
});

test("an epic that a person reopens stays open until a new child is settled, or they say so", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { task, finish } = await place(hub);
  const epic = await task({ type: "epic" });
  await finish(await task({ parent_id: epic }));
  await reopenTask(hub.engine, PERSON, epic);
  await hub.settled();
  await hub.engine.rederive();
  await hub.settled();
  expect(await hub.task(epic)).toMatchObject({ status: "pending" });
  const open = await hub.sql.query<{ id: string; cause: string }>("select id, cause from interventions");
  expect(open).toMatchObject([{ cause: "children_settled" }]);
  const more = await task({ parent_id: epic });
  await hub.settled();
  expect(await hub.sql.query("select status from interventions")).toEqual([{ status: "cancelled" }]);
  await finish(more);
  expect(await hub.task(epic)).toMatchObject({ status: "done", result: { summary: "2 of 2 children done." } });

  await reopenTask(hub.engine, PERSON, epic);
  await hub.settled();
  const [asked] = await hub.sql.query<{ id: string }>("select id from interventions where status = 'pending'");
  await respondIntervention(hub.engine, PERSON, String(asked?.id), "Settle it as done");
  await hub.settled();
  expect(await hub.task(epic)).toMatchObject({ status: "done" });
});
