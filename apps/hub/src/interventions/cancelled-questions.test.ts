import { Completion, HelpRequest } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { failTask } from "../tasks/fail-task.ts";
import { helpTask } from "../tasks/help-task.ts";
import { requeueTask } from "../tasks/requeue-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine } from "../testing/test-engine.ts";
import { respondIntervention } from "./respond-intervention.ts";

const done = Completion.parse({ result: {} });

test("whatever closes the lease cancels what the worker asked, and an answer after that is refused", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const session = await hub.addSession(project, await hub.addServer(project));
  const moves = {
    complete: (id: string) => completeTask(hub.engine, session, id, done),
    fail: (id: string) => failTask(hub.engine, session, id, "It cannot be done."),
    cancel: (id: string) => cancelTask(hub.engine, SYSTEM, id),
    requeue: (id: string) => requeueTask(hub.engine, SYSTEM, id, "Another one shall do it."),
  };
  for (const [name, move] of Object.entries(moves)) {
    const id = await hub.addTask(project);
    await hub.settled();
    await startTask(hub.engine, session, id);
    const ask = async (intervention_type: string) => {
      const request = HelpRequest.parse({ question: "Left or right?", intervention_type });
      return (await helpTask(hub.engine, session, id, request)).intervention_id;
    };
    const asked = [await ask("help"), await ask("question"), await ask("approval")];
    await move(id);
    await hub.settled();
    const rows = await hub.sql.query("select status from interventions where id = any($1)", [asked]);
    expect([name, rows]).toEqual([name, asked.map(() => ({ status: "cancelled" }))]);
    const facts = await hub.sql.query<{ id: string }>(
      `select details ->> 'intervention_id' as id from activity_log
       where task_id = $1 and event_type = 'intervention.cancelled'`,
      [id],
    );
    expect(facts.map((fact) => fact.id).sort()).toEqual([...asked].sort());
    await expect(respondIntervention(hub.engine, SYSTEM, asked[2] ?? "", "Approve")).rejects.toMatchObject({
      code: "intervention_settled",
      members: { current_status: "cancelled" },
    });
    // The next one begins with the session free.
    if (name === "requeue") await cancelTask(hub.engine, SYSTEM, id);
    await hub.settled();
    expect(await hub.sql.query("select from interventions where status = 'pending'")).toEqual([]);
  }
});
