import { expect, test } from "vitest";
import { actorOf, SYSTEM } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { raiseHubQuestion, withdrawHubQuestions } from "./hub-question.ts";

async function place(hub: TestEngine) {
  const project_id = await hub.addProject();
  const id = await hub.addTask(project_id, { auto_assign: false });
  const { pool } = hub.engine.database;
  const raise = (cause: string) =>
    transaction(pool, (tx) =>
      raiseHubQuestion(tx, { project_id, task_id: id, cause, question: "What now?", options: ["Go on", "Stop"] }),
    );
  const withdraw = (...causes: string[]) =>
    transaction(pool, (tx) => withdrawHubQuestions(tx, { id, project_id }, causes, actorOf(SYSTEM)));
  return { project_id, id, raise, withdraw };
}

const open = async (hub: TestEngine) => {
  const rows = await hub.sql.query<{ cause: string }>(
    "select cause from interventions where status = 'pending' and cause is not null order by cause",
  );
  return rows.map(({ cause }) => cause);
};

test("a question of one cause is open once for a task; when it is withdrawn it can be asked again", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, raise, withdraw } = await place(hub);
  const first = await raise("elsewhere:1");
  expect(first).toEqual(expect.any(String));
  expect(await raise("elsewhere:1")).toBeUndefined();
  await withdraw("elsewhere:1");
  expect(await raise("elsewhere:1")).not.toBe(first);
  const facts = await hub.sql.query<{ event_type: string }>(
    "select event_type from activity_log where task_id = $1 and event_type like 'intervention.%' order by seq",
    [id],
  );
  expect(facts.map(({ event_type }) => event_type)).toEqual([
    "intervention.raised",
    "intervention.cancelled",
    "intervention.raised",
  ]);
});

test("questions are withdrawn by their exact cause, or by a beginning that ends in a colon; a worker's never", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project_id, id, raise, withdraw } = await place(hub);
  for (const cause of ["else", "elsewhere:1", "elsewhere:12", "other_:1"]) await raise(cause);
  await hub.sql.query(
    `insert into interventions (project_id, task_id, raised_by, intervention_type, question, cause)
     values ($1, $2, 'worker', 'help', 'May I?', 'elsewhere:3')`,
    [project_id, id],
  );
  await withdraw("elsewhere:1", "other");
  expect(await open(hub)).toEqual(["else", "elsewhere:12", "elsewhere:3", "other_:1"]);
  // An underscore is a letter like any other here.
  await withdraw("elsewhere:", "other-:");
  expect(await open(hub)).toEqual(["else", "elsewhere:3", "other_:1"]);
});
