import { HelpRequest } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { respondIntervention } from "../interventions/respond-intervention.ts";
import { addNote } from "../notes/add-note.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { helpTask } from "../tasks/help-task.ts";
import { approvePlan, planTask, revisePlan } from "../tasks/plan-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";

/** A worker at its prompt whose server's link can be replaced. */
async function place(hub: TestEngine, task: Record<string, unknown> = {}) {
  const project = await hub.addProject({ auto_start_sessions: false });
  let server = await hub.addServer(project, { agents: ["claude"] });
  const worker = await hub.addSession(project, server, "claude");
  const id = await hub.addTask(project, { auto_assign: false, ...task });
  await assignTask(hub.engine, SYSTEM, id, { session_id: worker.id });
  await hub.settled();
  await startTask(hub.engine, worker, id);
  return {
    project,
    worker,
    id,
    server: () => server,
    async answer(response: string) {
      const request = HelpRequest.parse({ question: "May I?", intervention_type: "help" });
      const { intervention_id } = await helpTask(hub.engine, worker, id, request);
      await respondIntervention(hub.engine, SYSTEM, intervention_id, response);
      await hub.settled();
    },
    /** The link is found dead and its daemon connects anew. Answers what is typed then. */
    async reconnect() {
      hub.disconnect(server.id);
      await hub.sessionIsMissing(worker.id, "disconnected");
      server = hub.connect(server.id);
      hub.engine.delivery.serverConnected(server.id);
      await hub.sessionReports(worker.id, "idle");
      await hub.settled();
      await hub.engine.delivery.rederive();
      await hub.settled();
      return typedInto(server.frames);
    },
  };
}

const typedInto = (frames: readonly { type: string }[]) =>
  frames.map((frame) => {
    const said = frame as { response?: string; feedback?: string; content?: string };
    return [frame.type, said.response ?? said.feedback ?? said.content].join(" ").trim();
  });

/** All that was sent so far was sent so much earlier. */
async function sentEarlier(hub: TestEngine, seconds: number): Promise<void> {
  const back = `- make_interval(secs => ${seconds})`;
  await hub.sql.query(`update interventions set delivered_at = delivered_at ${back}`);
  await hub.sql.query(`update task_notes set delivered_at = delivered_at ${back}`);
  await hub.sql.query(`update engine.plan_revisions set told_at = told_at ${back}`);
}

test("what was written to a link that turns out dead comes again over the next one, and says so", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, answer, reconnect } = await place(hub);
  await answer("Yes, delete it");
  await addNote(hub.engine, SYSTEM, id, { content: "By the way", urgent: false });
  await addNote(hub.engine, SYSTEM, id, { content: "Mind the gap", urgent: true });
  await hub.settled();
  const again = await reconnect();
  expect(again).toEqual([
    "intervention_response (again) Yes, delete it",
    "task_note (again) By the way",
    "task_note (again) Mind the gap",
  ]);
  // The repeat may be lost as well; it is still a repeat of one message.
  expect(await reconnect()).toEqual(again);
});

test("what was sent well before the link's last sign of life has arrived", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, server, answer, reconnect } = await place(hub);
  await answer("Early");
  await addNote(hub.engine, SYSTEM, id, { content: "Early too", urgent: true });
  await hub.settled();
  await sentEarlier(hub, 30);
  await answer("Late");
  await sentEarlier(hub, 110);
  // Silent for a minute: what is doubtful begins 70 s before that.
  server().heardAt -= 60_000;
  expect(await reconnect()).toEqual(["intervention_response (again) Late"]);
  await sentEarlier(hub, 71);
  expect(await reconnect()).toEqual([]);
});

test("after a restart of the hub the last two minutes are doubtful", async () => {
  await using database = await createTestDatabase();
  const before = await (async () => {
    await using hub = await openTestEngine(database.url);
    const made = await place(hub);
    await made.answer("Early");
    await sentEarlier(hub, 15);
    await made.answer("Late");
    await sentEarlier(hub, 110);
    return made;
  })();
  await using hub = await openTestEngine(database.url);
  await hub.loadSessions();
  await hub.engine.start();
  const server = hub.connect(before.server().id);
  hub.engine.delivery.serverConnected(server.id);
  await hub.sessionReports(before.worker.id, "idle");
  await hub.settled();
  expect(typedInto(server.frames)).toEqual(["intervention_response (again) Late"]);
});

test("a plan's approval that was lost reaches its worker, and so does what should change", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, worker, server, reconnect } = await place(hub, { require_plan: true });
  await planTask(hub.engine, worker, id, "A plan.");
  await revisePlan(hub.engine, SYSTEM, id, "Shorter.");
  await hub.settled();
  expect(typedInto(server().frames)).toContain("plan_revision Shorter.");
  expect(await reconnect()).toEqual(["plan_revision (again) Shorter."]);

  await planTask(hub.engine, worker, id, "A shorter plan.");
  expect(await reconnect()).toEqual([]);
  await revisePlan(hub.engine, SYSTEM, id, "Shorter still.");
  await hub.settled();
  expect(typedInto(server().frames)).toEqual(["plan_revision Shorter still."]);

  await planTask(hub.engine, worker, id, "Short.");
  await approvePlan(hub.engine, SYSTEM, id);
  await hub.settled();
  expect(await reconnect()).toEqual(["plan_approved"]);
  expect(await hub.task(id)).toMatchObject({ status: "running", delivered_at: expect.any(Date) });
  await sentEarlier(hub, 80);
  expect(await reconnect()).toEqual([]);
});

test("a task that never had a plan is not told of an approval", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { reconnect } = await place(hub);
  expect(await reconnect()).toEqual([]);
});

test("an answer to a task that is over does not come again, the word to stop does", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, answer, reconnect } = await place(hub);
  await answer("Yes, delete it");
  await addNote(hub.engine, SYSTEM, id, { content: "By the way", urgent: false });
  await hub.settled();
  await cancelTask(hub.engine, SYSTEM, id);
  await hub.settled();
  expect(await reconnect()).toEqual([
    expect.stringMatching(/^task_note \(again\) .* was cancelled\. Stop working on it\.$/),
  ]);
  const rows = await hub.sql.query("select delivery from interventions union all select delivery from task_notes");
  expect(rows.map(({ delivery }) => delivery)).toEqual(["delivered", "delivered", "delivered"]);
});

test("another server's sessions are told nothing twice", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server, answer } = await place(hub);
  await answer("Yes, delete it");
  const other = await hub.addServer(project);
  hub.engine.delivery.serverConnected(other.id);
  await hub.settled();
  expect(typedInto(server().frames).filter((line) => line.includes("delete it"))).toEqual([
    "intervention_response Yes, delete it",
  ]);
});
