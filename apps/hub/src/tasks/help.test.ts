import { expect, test } from "vitest";
import { type Caller, SYSTEM } from "../access/caller.ts";
import { respondIntervention } from "../interventions/respond-intervention.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { failTask } from "./fail-task.ts";
import { helpTask } from "./help-task.ts";
import { startTask } from "./start-task.ts";

async function started(hub: TestEngine, task: Record<string, unknown> = {}) {
  const project = await hub.addProject();
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const id = await hub.addTask(project, task);
  await hub.settled();
  await startTask(hub.engine, session, id);
  const ask = async (question: string, intervention_type: "help" | "question" | "approval" = "help") =>
    (await helpTask(hub.engine, session, id, { question, intervention_type })).intervention_id;
  return { project, server, session, id, ask };
}

test("a task waits until the last of its questions is answered, then goes on where it was; the answers are typed", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, session, id, ask } = await started(hub, { require_plan: true });
  const one = await ask("Left or right?");
  const two = await ask("Fast or slow?");
  expect(await hub.task(id)).toMatchObject({ status: "needs_human", resume_status: "planning" });

  await respondIntervention(hub.engine, SYSTEM, one, "left");
  expect(await hub.task(id)).toMatchObject({ status: "needs_human" });
  await respondIntervention(hub.engine, SYSTEM, two, "slow");
  await hub.settled();
  expect(await hub.task(id)).toMatchObject({ status: "planning", resume_status: null });
  await expect(respondIntervention(hub.engine, SYSTEM, two, "fast")).rejects.toMatchObject({
    code: "intervention_settled",
  });
  const typed = server.frames.filter(({ type }) => type === "intervention_response");
  expect(typed).toMatchObject([
    { session_id: session.id, intervention_id: one, response: "left" },
    { session_id: session.id, intervention_id: two, response: "slow" },
  ]);
});

test("an answer waits for the agent's prompt, and for a session that is away", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, session, ask } = await started(hub);
  const answers = () => server.frames.filter(({ type }) => type === "intervention_response").length;
  const question = await ask("Left or right?");
  await hub.sessionReports(session.id, "working");
  await respondIntervention(hub.engine, SYSTEM, question, "left");
  await hub.settled();
  expect(answers()).toBe(0);
  await hub.sessionReports(session.id, "idle");
  await hub.settled();
  expect(answers()).toBe(1);
});

test("a worker that goes on by itself withdraws its questions", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { session, id, ask } = await started(hub);
  const question = await ask("Left or right?");
  await startTask(hub.engine, session, id);
  expect(await hub.task(id)).toMatchObject({ status: "running", resume_status: null, epoch: 1 });
  await expect(respondIntervention(hub.engine, SYSTEM, question, "left")).rejects.toMatchObject({
    code: "intervention_settled",
    members: { current_status: "cancelled" },
  });
});

test("a failed task asks nothing any more, and its readers are told", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { session, id, ask } = await started(hub);
  const question = await ask("Left or right?");
  await failTask(hub.engine, session, id, "nobody answered");
  const facts = await hub.sql.query(
    "select task_id, details from activity_log where event_type = 'intervention.cancelled'",
  );
  expect(facts).toEqual([{ task_id: id, details: { intervention_id: question } }]);
});

test("an orchestrator answers a worker's question, and nothing else", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server, ask } = await started(hub);
  const orchestrator: Caller = { ...(await hub.addSession(project, server)), role: "orchestrator" };
  for (const kind of ["help", "approval"] as const) {
    await expect(respondIntervention(hub.engine, orchestrator, await ask("?", kind), "yes")).rejects.toMatchObject({
      code: "human_only",
    });
  }
  await respondIntervention(hub.engine, orchestrator, await ask("?", "question"), "yes");
});

test("five hundred answers for sessions that are gone are not in the way of one that can be given", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server, session, ask } = await started(hub);
  const gone = await hub.addSession(project, server);
  await hub.sessionEnds(gone.id);
  await hub.sql.query(
    `insert into interventions (project_id, session_id, raised_by, intervention_type, question, status, response, responded_at, delivery)
     select $1, $2, 'worker', 'help', 'Anybody?', 'responded', 'yes', now() - interval '1 hour', 'queued' from generate_series(1, 500)`,
    [project, gone.id],
  );
  await respondIntervention(hub.engine, SYSTEM, await ask("Left or right?"), "left");
  await hub.settled();
  expect(server.frames.at(-1)).toMatchObject({ type: "intervention_response", session_id: session.id });
});
