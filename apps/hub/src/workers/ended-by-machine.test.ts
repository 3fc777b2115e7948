import { expect, test } from "vitest";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine } from "../testing/test-engine.ts";
import { openQuestions, pass, stage } from "../testing/worker-stage.ts";

const error = "this machine ended the session: it used 600 processes, max_processes_per_session is 512";

test("who is asked about a worker whose machine ended it is told why", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub);
  await hub.sessionEnds(on.worker.id, error);
  await hub.settled();
  await pass(on, 31);
  expect(await openQuestions(on)).toMatchObject([
    { cause: "worker_lost", question: expect.stringContaining(`and came to an end: ${error}. What shall`) },
  ]);
});

test("a task that fails with such a worker says why", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub, { on_worker_lost: "fail" });
  await hub.sessionEnds(on.worker.id, error);
  await hub.settled();
  await pass(on, 31);
  expect(await hub.task(on.task)).toMatchObject({
    status: "failed",
    status_reason: expect.stringContaining(`was lost (${error}).`),
  });
});
