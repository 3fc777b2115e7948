import { Completion } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { type Caller, SYSTEM } from "../access/caller.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { completeTask } from "./complete-task.ts";
import { failTask } from "./fail-task.ts";
import { helpTask } from "./help-task.ts";
import { approvePlan, planTask } from "./plan-task.ts";
import { submitTask } from "./review-decision.ts";
import { startTask } from "./start-task.ts";

const finished = Completion.parse({ result: { summary: "done", steps: [1, 2] } });
const otherwise = Completion.parse({ result: { summary: "otherwise" } });

/** A session with its own token, and a version 1 client that has its server's key only. */
async function assigned(hub: TestEngine, as: "session" | "server", task: Record<string, unknown> = {}) {
  const project = await hub.addProject();
  const session = await hub.addSession(project, await hub.addServer(project));
  const id = await hub.addTask(project, task);
  await hub.settled();
  const server: Caller = { kind: "server", id: session.serverId, name: "box", projectId: project };
  return { id, caller: as === "session" ? session : server };
}

/** Makes the report twice; the second changes nothing and records nothing. */
async function twice(hub: TestEngine, id: string, report: () => Promise<unknown>) {
  await report();
  const facts = () => hub.sql.query("select count(*) from activity_log where task_id = $1", [id]);
  const first = [await hub.task(id), await facts()];
  await report();
  expect([await hub.task(id), await facts()]).toEqual(first);
}

test.each(["session", "server"] as const)("what a %s reports again is answered like the first time", async (as) => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, caller } = await assigned(hub, as, { require_plan: true });
  await twice(hub, id, () => startTask(hub.engine, caller, id));
  await twice(hub, id, () => planTask(hub.engine, caller, id, { steps: 1 }));
  await approvePlan(hub.engine, SYSTEM, id);
  await hub.settled();
  await twice(hub, id, () => startTask(hub.engine, caller, id));
  await twice(hub, id, () => completeTask(hub.engine, caller, id, finished));
  await expect(completeTask(hub.engine, caller, id, otherwise)).rejects.toMatchObject({ code: "task_wrong_status" });

  const reviewed = await assigned(hub, as, { require_review: true });
  await startTask(hub.engine, reviewed.caller, reviewed.id);
  await twice(hub, reviewed.id, () => submitTask(hub.engine, reviewed.caller, reviewed.id, finished));
  await twice(hub, reviewed.id, () => completeTask(hub.engine, reviewed.caller, reviewed.id, finished));
  await expect(submitTask(hub.engine, reviewed.caller, reviewed.id, otherwise)).rejects.toMatchObject({
    code: "task_wrong_status",
  });

  const failed = await assigned(hub, as);
  await startTask(hub.engine, failed.caller, failed.id);
  await twice(hub, failed.id, () => failTask(hub.engine, failed.caller, failed.id, "no disk"));
});

test("a worker that waits for a person and goes on by itself withdraws what it asked, whatever it does next", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const ask = { question: "Which way?", intervention_type: "help" } as const;
  for (const [report, status] of [
    [startTask, "running"],
    [(engine, caller, id) => completeTask(engine, caller, id, finished), "done"],
    [(engine, caller, id) => submitTask(engine, caller, id, finished), "review"],
    [(engine, caller, id) => failTask(engine, caller, id, "no"), "failed"],
  ] as [typeof startTask, string][]) {
    const { id, caller } = await assigned(hub, "session");
    await startTask(hub.engine, caller, id);
    await helpTask(hub.engine, caller, id, ask);
    await report(hub.engine, caller, id);
    expect(await hub.task(id)).toMatchObject({ status, resume_status: null });
    expect(await hub.sql.query("select status from interventions where task_id = $1", [id])).toEqual([
      { status: "cancelled" },
    ]);
  }
});

test("a worker that waits for a person about its plan cannot complete, and one at work cannot submit a plan", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const ask = { question: "Which way?", intervention_type: "help" } as const;
  const planning = await assigned(hub, "session", { require_plan: true });
  await startTask(hub.engine, planning.caller, planning.id);
  await helpTask(hub.engine, planning.caller, planning.id, ask);
  await expect(completeTask(hub.engine, planning.caller, planning.id, finished)).rejects.toMatchObject({
    code: "task_wrong_status",
    members: { allowed_moves: ["start", "submit_plan", "fail", "help"] },
  });
  const running = await assigned(hub, "session");
  await startTask(hub.engine, running.caller, running.id);
  await helpTask(hub.engine, running.caller, running.id, ask);
  await expect(planTask(hub.engine, running.caller, running.id, "Left.")).rejects.toMatchObject({
    code: "task_wrong_status",
    members: { allowed_moves: ["start", "submit", "complete", "fail", "help"] },
  });
});
