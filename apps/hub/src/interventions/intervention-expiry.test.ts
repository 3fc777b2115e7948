import { HelpRequest } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { helpTask } from "../tasks/help-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { until } from "../testing/until.ts";
import { expireIntervention } from "./expire-intervention.ts";
import { InterventionExpiry } from "./intervention-expiry.ts";
import { respondIntervention } from "./respond-intervention.ts";

async function started(hub: TestEngine, task: Record<string, unknown> = {}) {
  const project = await hub.addProject();
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const id = await hub.addTask(project, task);
  await hub.settled();
  await startTask(hub.engine, session, id);
  const ask = async (request: Record<string, unknown> = {}) => {
    const help = HelpRequest.parse({ question: "Left or right?", timeout_seconds: 600, ...request });
    return (await helpTask(hub.engine, session, id, help)).intervention_id;
  };
  const overdue = (intervention: string) => ({ id: intervention, project_id: project, task_id: id });
  return { project, server, session, id, ask, overdue };
}

const timeIsUp = (hub: TestEngine, ...ids: string[]) =>
  hub.sql.query("update interventions set timeout_at = now() - interval '1 s' where id = any($1)", [ids]);

const interventions = (hub: TestEngine) =>
  hub.sql.query("select status, response, responder ->> 'type' as by from interventions order by created_at");

test("what nobody answers in time ends: an approval is denied, a question has no answer, and the worker goes on", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, session, id, ask } = await started(hub, { require_plan: true });
  await hub.engine.rederive();
  const approval = await ask({ intervention_type: "approval" });
  const question = await ask({ intervention_type: "question" });
  const patient = await ask({ timeout_seconds: null });
  await timeIsUp(hub, approval, question);
  await hub.engine.rederive();
  expect(await interventions(hub)).toEqual([
    { status: "expired", response: "Denied: nobody answered in time.", by: "system" },
    { status: "expired", response: "No answer: nobody answered in time.", by: "system" },
    { status: "pending", response: null, by: null },
  ]);
  // One without a timeout is still open.
  expect(await hub.task(id)).toMatchObject({ status: "needs_human", resume_status: "planning" });
  await timeIsUp(hub, patient);
  await hub.engine.rederive();
  expect(await hub.task(id)).toMatchObject({ status: "planning", resume_status: null });

  await hub.settled();
  const typed = server.frames.filter(({ type }) => type === "intervention_response");
  expect(typed).toMatchObject([
    { session_id: session.id, intervention_id: approval, response: "Denied: nobody answered in time." },
    { session_id: session.id, intervention_id: question, response: "No answer: nobody answered in time." },
    { session_id: session.id, intervention_id: patient, response: "No answer: nobody answered in time." },
  ]);
  const facts = await hub.sql.query(
    "select details ->> 'intervention_id' as id from activity_log where event_type = 'intervention.expired' order by seq",
  );
  expect(facts).toEqual([{ id: approval }, { id: question }, { id: patient }]);
});

test("a timer ends it by itself", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, ask } = await started(hub);
  await hub.engine.rederive();
  await ask({ timeout_seconds: 1 });
  await until(async () => (await hub.task(id)).status === "running");
});

test("time in which the hub was down does not count: what is overdue at its start gets a minute more", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, ask } = await started(hub);
  const asked = await ask();
  await hub.settled();
  await hub.sql.query("update interventions set timeout_at = now() - interval '1 hour'");
  await using next = await openTestEngine(database.url);
  await next.engine.rederive();
  expect(await interventions(hub)).toMatchObject([{ status: "pending" }]);
  const [left] = await hub.sql.query<{ seconds: number }>(
    "select extract(epoch from timeout_at - now())::float8 as seconds from interventions",
  );
  expect(left?.seconds).toBeGreaterThan(50);
  expect(left?.seconds).toBeLessThanOrEqual(60);
  // The minute is given once.
  await timeIsUp(hub, asked);
  await next.engine.rederive();
  expect(await hub.task(id)).toMatchObject({ status: "running" });
});

test("nor does time in which the database was away", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { ask } = await started(hub);
  await using expiry = new InterventionExpiry(hub.engine, hub.bus);
  await expiry.rederive();
  await ask();
  await hub.settled();
  await expiry.settled();
  await hub.sql.query("alter table interventions rename to interventions_away");
  await expect(expiry.rederive()).rejects.toThrow("does not exist");
  await hub.sql.query("alter table interventions_away rename to interventions");
  await hub.sql.query("update interventions set timeout_at = now() - interval '1 hour'");
  await expiry.rederive();
  expect(await interventions(hub)).toMatchObject([{ status: "pending" }]);
});

test("an answer and the end of its time meet: one of them holds", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, ask, overdue } = await started(hub);
  for (const first of ["answer", "expiry"] as const) {
    const asked = await ask({ intervention_type: "approval" });
    await timeIsUp(hub, asked);
    const answer = () => respondIntervention(hub.engine, SYSTEM, asked, "Approve");
    const expire = () => expireIntervention(hub.engine, overdue(asked));
    const contenders = first === "answer" ? [answer, expire] : [expire, answer];
    const results = await hub.race("select from tasks where id = $1 for update", [id], contenders);
    const [row] = await hub.sql.query<{ status: string; response: string }>(
      "select status, response from interventions where id = $1",
      [asked],
    );
    const facts = await hub.sql.query(
      `select event_type from activity_log where details ->> 'intervention_id' = $1 and event_type in
         ('intervention.responded', 'intervention.expired')`,
      [asked],
    );
    const refused = results.find((result) => result.status === "rejected");
    if (row?.status === "responded") {
      expect(row.response).toBe("Approve");
      expect(refused).toBeUndefined();
      expect(facts).toEqual([{ event_type: "intervention.responded" }]);
    } else {
      expect(row?.status).toBe("expired");
      expect(refused?.reason).toMatchObject({ code: "intervention_settled", members: { current_status: "expired" } });
      expect(facts).toEqual([{ event_type: "intervention.expired" }]);
    }
    expect(await hub.task(id)).toMatchObject({ status: "running" });
    await hub.settled();
  }
});

test("an approval is answered with one of its options, however written; help takes any words", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { ask } = await started(hub);
  const plain = await ask({ intervention_type: "approval" });
  await expect(respondIntervention(hub.engine, SYSTEM, plain, "Sure")).rejects.toMatchObject({
    code: "invalid_request",
    detail: "Answer with one of: Approve · Deny.",
    members: { options: ["Approve", "Deny"] },
  });
  await respondIntervention(hub.engine, SYSTEM, plain, " approve\n");
  const own = await ask({ intervention_type: "approval", options: ["Drop the table", "Keep it"] });
  await expect(respondIntervention(hub.engine, SYSTEM, own, "Approve")).rejects.toMatchObject({
    code: "invalid_request",
  });
  await respondIntervention(hub.engine, SYSTEM, own, "Keep it");
  await respondIntervention(hub.engine, SYSTEM, await ask({ options: ["left", "right"] }), "Straight on");
  expect((await interventions(hub)).map(({ response }) => response)).toEqual(["Approve", "Keep it", "Straight on"]);
});

test("an urgency that nobody knows is normal", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { ask } = await started(hub);
  for (const urgency of ["high", "ASAP!", "low", undefined]) await ask({ urgency });
  const rows = await hub.sql.query("select urgency from interventions order by created_at, id");
  expect(rows.map(({ urgency }) => urgency)).toEqual(["high", "normal", "low", "normal"]);
});

test("a question to one session is typed there, once, with how to answer it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server, session, ask } = await started(hub);
  const orchestrator = await hub.addSession(project, server);
  const asked = await ask({ intervention_type: "question", target_session_id: orchestrator.id });
  await hub.settled();
  await hub.engine.delivery.rederive();
  const frames = server.frames.filter(({ type }) => type === "intervention_for_session");
  expect(frames).toEqual([
    {
      type: "intervention_for_session",
      session_id: orchestrator.id,
      target_session_id: orchestrator.id,
      intervention_id: asked,
      question: `Left or right? (Answer: orchestratia intervention respond ${asked.slice(0, 8)} --response "…")`,
      source: session.name,
    },
  ]);
  const { session: foreign } = await started(hub);
  await expect(ask({ target_session_id: foreign.id })).rejects.toMatchObject({ code: "session_not_found" });
  await ask({ target_session_id: "" });
});
