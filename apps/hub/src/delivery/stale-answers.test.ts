import { Completion, HelpRequest, NewTask } from "@orchestratia/protocol/tasks";
import type { InterventionId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { getIntervention } from "../interventions/queries.ts";
import { respondIntervention } from "../interventions/respond-intervention.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { createTask } from "../tasks/create-task.ts";
import { failTask } from "../tasks/fail-task.ts";
import { helpTask } from "../tasks/help-task.ts";
import { requeueTask } from "../tasks/requeue-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";

/** A worker that asked about its task and is at work when the answer comes. */
async function answeredAtWork(hub: TestEngine) {
  const project = await hub.addProject({ auto_start_sessions: false });
  const server = await hub.addServer(project, { agents: ["claude"] });
  const worker = await hub.addSession(project, server, "claude");
  async function assigned(title: string): Promise<string> {
    const task = NewTask.parse({ title, spec: "Do it.", auto_assign: false });
    const { taskId } = await createTask(hub.engine, SYSTEM, project, task);
    await assignTask(hub.engine, SYSTEM, taskId, { session_id: worker.id });
    await hub.settled();
    return taskId;
  }
  const task = await assigned("First");
  await startTask(hub.engine, worker, task);
  const request = HelpRequest.parse({ question: "May I delete it?", intervention_type: "help" });
  const { intervention_id } = await helpTask(hub.engine, worker, task, request);
  await hub.sessionReports(worker.id, "working");
  await respondIntervention(hub.engine, SYSTEM, intervention_id, "Yes, delete it");
  await hub.settled();
  const delivery = async () => (await getIntervention(hub.engine.database, intervention_id as InterventionId)).delivery;
  return { server, worker, task, assigned, delivery };
}

type Place = Awaited<ReturnType<typeof answeredAtWork>>;

const ENDS: [string, (hub: TestEngine, place: Place) => Promise<unknown>][] = [
  ["completed", (hub, { worker, task }) => completeTask(hub.engine, worker, task, Completion.parse({ result: {} }))],
  ["failed", (hub, { worker, task }) => failTask(hub.engine, worker, task, "It cannot be done.")],
  ["ended from outside", (hub, { task }) => failTask(hub.engine, SYSTEM, task, "Enough of it.")],
  ["cancelled", (hub, { task }) => cancelTask(hub.engine, SYSTEM, task)],
  ["requeued", (hub, { task }) => requeueTask(hub.engine, SYSTEM, task, "Another one shall do it.")],
];

test.each(ENDS)("an answer to a task that was %s is not typed behind the next one's prompt", async (_, end) => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const place = await answeredAtWork(hub);
  expect(await place.delivery()).toBe("queued");
  await end(hub, place);
  expect(await place.delivery()).toBe("failed");
  await hub.sessionReports(place.worker.id, "idle");
  await place.assigned("Second");
  await hub.engine.rederive();
  await hub.settled();
  const frames = place.server.frames.map(({ type }) => type);
  expect(frames.filter((type) => type === "task_assigned")).toHaveLength(2);
  expect(frames).not.toContain("intervention_response");
});

test("an answer that was left behind by whatever ended its task is not typed either", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const place = await answeredAtWork(hub);
  await completeTask(hub.engine, place.worker, place.task, Completion.parse({ result: {} }));
  await hub.sql.query("update interventions set delivery = 'queued'");
  await hub.sessionReports(place.worker.id, "idle");
  await hub.settled();
  expect(place.server.frames.map(({ type }) => type)).not.toContain("intervention_response");
  await hub.engine.rederive();
  expect(await place.delivery()).toBe("failed");
});

test("an answer is told while its task is at work, and shows so; one for a session that has ended shows that it is not", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const told = await answeredAtWork(hub);
  await hub.sessionReports(told.worker.id, "idle");
  await hub.settled();
  expect(told.server.frames.at(-1)).toMatchObject({ type: "intervention_response", response: "Yes, delete it" });
  expect(await told.delivery()).toBe("delivered");
  const gone = await answeredAtWork(hub);
  await hub.sessionEnds(gone.worker.id);
  await hub.settled();
  expect(await gone.delivery()).toBe("failed");
});
