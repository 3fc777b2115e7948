import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { respondIntervention } from "../interventions/respond-intervention.ts";
import { archiveTask } from "../tasks/archive-task.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { retryTask } from "../tasks/retry-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine } from "../testing/test-engine.ts";
import { ADA } from "../testing/worker-stage.ts";

test("an epic whose children are cancelled and archived is still asked about, until there is one to retry", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const epic = await hub.addTask(project, { type: "epic" });
  const child = await hub.addTask(project, { parent_id: epic, auto_assign: false });
  await cancelTask(hub.engine, SYSTEM, child);
  await archiveTask(hub.engine, SYSTEM, child);
  await hub.settled();
  const questions = () =>
    hub.sql.query<{ id: string; status: string }>("select id, status from interventions where task_id = $1", [epic]);
  const [question] = await questions();
  // An answer that does nothing would leave the epic where nobody asks about it again.
  await expect(respondIntervention(hub.engine, ADA, question?.id ?? "", "Retry the failed ones")).rejects.toMatchObject(
    { code: "task_wrong_status" },
  );
  expect(await questions()).toMatchObject([{ status: "pending" }]);
  await retryTask(hub.engine, SYSTEM, child);
  await hub.settled();
  expect(await questions()).toMatchObject([{ status: "cancelled" }]);
  expect(await hub.task(child)).toMatchObject({ status: "pending", archived_at: null });
});
