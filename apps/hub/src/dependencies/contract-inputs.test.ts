import { Completion } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { completeTask } from "../tasks/complete-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";

/** A started task that promises these contracts, and one that needs `key` of it. */
async function promise(hub: TestEngine, contracts: Record<string, unknown>[], key: string | null, alias?: string) {
  const project = await hub.addProject();
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const upstream = await hub.addTask(project, { structured_spec: { expected_output: { contracts } } });
  await hub.settled();
  const edge = { depends_on_task_id: upstream, dependency_type: "input", contract_key: key, alias };
  const needs = await hub.addTask(project, { auto_assign: false, dependencies: [edge] });
  await startTask(hub.engine, session, upstream);
  const complete = async (delivered: Record<string, unknown>, allow_partial = false) => {
    const completion = Completion.parse({ result: { contracts: delivered }, allow_partial });
    await completeTask(hub.engine, session, upstream, completion);
    await hub.settled();
  };
  return { upstream, needs, complete };
}

const asked = (hub: TestEngine) =>
  hub.sql.query<{ task_id: string; options: string[] }>(
    "select task_id, options from interventions where raised_by = 'hub' and status = 'pending'",
  );

test("a refusal names every key that is missing and every error of those that are wrong; nothing cascades", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const contracts = [
    { key: "one" },
    { key: "two" },
    { key: "count", schema: { type: "object", required: ["n"], properties: { n: { type: "integer" } } } },
    { key: "name", schema: { type: "string" } },
  ];
  const { upstream, needs, complete } = await promise(hub, contracts, "one");
  await expect(complete({ count: { n: "many" }, name: 3 })).rejects.toMatchObject({
    code: "contract_unfulfilled",
    members: {
      missing: ["one", "two"],
      invalid: [
        { key: "count", errors: ["/n must be integer"] },
        { key: "name", errors: ["/ must be string"] },
      ],
    },
  });
  expect(await hub.task(upstream)).toMatchObject({ status: "running", contract_status: "none", result: null });
  expect(await hub.task(needs)).toMatchObject({ blockers: 1, resolved_inputs: {} });
  expect(await asked(hub)).toEqual([]);
});

test("a partial result holds a task that needs a wrong value as if it were missing, and people are asked", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const contracts = [{ key: "count", schema: { type: "integer" } }];
  const { upstream, needs, complete } = await promise(hub, contracts, "count");
  await complete({ count: "many" }, true);
  expect(await hub.task(upstream)).toMatchObject({ status: "done", contract_status: "partial" });
  expect(await hub.task(needs)).toMatchObject({ blockers: 1, resolved_inputs: {} });
  expect(await asked(hub)).toEqual([{ task_id: needs, options: ["Drop the dependency", "Cancel this task"] }]);
});

test("an optional contract that did not come leaves nobody waiting in silence", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { upstream, needs, complete } = await promise(hub, [{ key: "notes", required: false }], "notes");
  await complete({});
  expect(await hub.task(upstream)).toMatchObject({ status: "done", contract_status: "fulfilled" });
  expect(await hub.task(needs)).toMatchObject({ blockers: 1 });
  expect(await asked(hub)).toMatchObject([{ task_id: needs }]);
});

test("a contract that nobody promised is stored and handed on, under its alias", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { upstream, needs, complete } = await promise(hub, [], "extra", "wanted");
  await complete({ extra: { deep: [1, null, "ä"] }, more: true });
  expect(await hub.task(upstream)).toMatchObject({ contract_status: "fulfilled" });
  expect(await hub.task(needs)).toMatchObject({
    blockers: 0,
    resolved_inputs: { wanted: { deep: [1, null, "ä"] } },
  });
});

test("without a key the whole map of contracts is handed on under the upstream's key, or the alias", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const plain = await promise(hub, [], null);
  await plain.complete({ a: 1, b: null });
  const { key } = await hub.task(plain.upstream);
  expect(await hub.task(plain.needs)).toMatchObject({ resolved_inputs: { [String(key)]: { a: 1, b: null } } });
  const named = await promise(hub, [], null, "everything");
  await named.complete({ a: 1 });
  expect(await hub.task(named.needs)).toMatchObject({ resolved_inputs: { everything: { a: 1 } } });
});
