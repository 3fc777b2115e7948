import { expect, test } from "vitest";
import { takeLeasesAsSeen } from "../leases/taken-as-seen.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { planTask, revisePlan } from "../tasks/plan-task.ts";
import { requestChanges } from "../tasks/review-decision.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine } from "../testing/test-engine.ts";
import { ADA, answer, facts, finished, lease, openQuestions, pass, stage } from "../testing/worker-stage.ts";

test("a session that is reported gone makes its worker lost at once; after 30 s the hub asks, and closes nothing", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub);
  await hub.sessionEnds(on.worker.id);
  await hub.settled();
  expect(await lease(on)).toMatchObject({ lost_since: expect.any(Date), closed_at: null });
  expect((await lease(on)).acts_in).toBeGreaterThan(25);
  expect((await lease(on)).acts_in).toBeLessThanOrEqual(30);
  expect(await openQuestions(on)).toEqual([]);
  await pass(on, 31);
  expect(await openQuestions(on)).toMatchObject([{ cause: "worker_lost", options: ["Reassign", "Wait", "Fail"] }]);
  expect(await hub.task(on.task)).toMatchObject({ status: "running", assigned_session_id: on.worker.id });
  expect(await lease(on)).toMatchObject({ closed_at: null });
  await hub.engine.rederive();
  expect(await openQuestions(on)).toHaveLength(1);
});

test("a server that is offline makes its workers lost; the project's own grace passes before the hub asks", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub, { grace: "20 min" });
  await hub.goOffline(on.server.id);
  await hub.settled();
  expect((await lease(on)).acts_in).toBeGreaterThan(1_190);
  await pass(on, 1_190);
  expect(await openQuestions(on)).toEqual([]);
  await pass(on, 20);
  expect(await openQuestions(on)).toHaveLength(1);
  // Wait is another grace, and then the same question.
  await answer(on, "Wait");
  expect(await openQuestions(on)).toEqual([]);
  expect((await lease(on)).acts_in).toBeGreaterThan(1_190);
  await pass(on, 1_201);
  expect(await openQuestions(on)).toHaveLength(1);
});

test("no socket alone loses nobody, for as long as the lease lasts", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub);
  hub.disconnect(on.server.id);
  await hub.sessionIsMissing(on.worker.id, "disconnected");
  await hub.settled();
  // Its heartbeats come; without a socket they do not speak for the session.
  hub.engine.leases.sawServer(on.server.id);
  await pass(on, 500);
  expect(await lease(on)).toMatchObject({ lost_since: null });
  expect((await lease(on)).lasts).toBeLessThan(101);
  await pass(on, 101);
  expect(await lease(on)).toMatchObject({ lost_since: expect.any(Date), closed_at: null });
});

test("a heartbeat of a connected server and a call of the session extend the lease", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub);
  const extendedBy = async (seen: () => void) => {
    await hub.sql.query("update engine.leases set expires_at = now() + interval '1 minute' where task_id = $1", [
      on.task,
    ]);
    hub.engine.leases.forget(on.worker.id);
    seen();
    await hub.settled();
    return (await lease(on)).lasts;
  };
  expect(await extendedBy(() => hub.engine.leases.sawServer(on.server.id))).toBeGreaterThan(590);
  expect(await extendedBy(() => hub.engine.leases.sawSession(on.worker.id))).toBeGreaterThan(590);
  // What its daemon does not have any more is not spoken for.
  await hub.sessionIsMissing(on.worker.id, "lost");
  expect(await extendedBy(() => hub.engine.leases.sawServer(on.server.id))).toBeLessThan(61);
});

test("any sign of life finds a lost worker again: the question is withdrawn and the lease goes on", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub);
  await hub.sessionIsMissing(on.worker.id, "lost");
  await hub.settled();
  await pass(on, 31);
  expect(await openQuestions(on)).toHaveLength(1);
  await hub.sessionReports(on.worker.id, "working");
  await hub.settled();
  expect(await lease(on)).toMatchObject({ lost_since: null, act_at: null, closed_at: null });
  expect(await openQuestions(on)).toEqual([]);
  expect(await facts(on, "task.worker_lost", "task.worker_back")).toEqual(["task.worker_lost", "task.worker_back"]);
  // Lost again, and a call with the session's token.
  await hub.sessionIsMissing(on.worker.id, "lost");
  await hub.settled();
  hub.engine.leases.sawSession(on.worker.id);
  await hub.settled();
  expect(await lease(on)).toMatchObject({ lost_since: null });
});

test("who counts as lost may still report", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub);
  await hub.sessionIsMissing(on.worker.id, "lost");
  await hub.settled();
  await pass(on, 31);
  await completeTask(hub.engine, on.worker, on.task, finished);
  await hub.settled();
  expect(await hub.task(on.task)).toMatchObject({ status: "done" });
  expect(await openQuestions(on)).toEqual([]);
});

test("Reassign is a reaper's requeue: another may begin, and until then the lost one may still complete", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub);
  await hub.sessionIsMissing(on.worker.id, "lost");
  await hub.settled();
  await pass(on, 31);
  await answer(on, "Reassign");
  expect(await hub.task(on.task)).toMatchObject({ status: "pending", attempt: 2, assigned_server_id: null });
  expect(await lease(on)).toMatchObject({ close_reason: "released" });
  await completeTask(hub.engine, on.worker, on.task, finished);
  expect(await hub.task(on.task)).toMatchObject({ status: "done" });
});

test("a reaper's requeue of a task that is not to be assigned automatically makes the hub ask who shall do it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub, { on_worker_lost: "requeue" });
  const other = await hub.addSession(on.project, on.server, "claude");
  await hub.sessionEnds(on.worker.id);
  await hub.settled();
  await pass(on, 31);
  expect(await hub.task(on.task)).toMatchObject({ status: "pending", attempt: 2 });
  expect(await openQuestions(on)).toMatchObject([
    { cause: "requeue_manual", options: ["Let the hub choose", "Leave it"] },
  ]);
  await answer(on, "Let the hub choose");
  expect(await hub.task(on.task)).toMatchObject({
    status: "assigned",
    auto_assign: true,
    assigned_session_id: other.id,
  });
});

test("a person who assigns the task has answered who shall do it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub, { on_worker_lost: "requeue" });
  const other = await hub.addSession(on.project, on.server, "claude");
  await hub.sessionEnds(on.worker.id);
  await hub.settled();
  await pass(on, 31);
  await assignTask(hub.engine, ADA, on.task, { session_id: other.id });
  await hub.settled();
  expect(await openQuestions(on)).toEqual([]);
});

test("the policy requeue goes on until the attempts are used up, then asks", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub, { on_worker_lost: "requeue", max_attempts: 2 }, { auto_assign: true });
  await hub.sessionEnds(on.worker.id);
  await hub.settled();
  const next = await hub.addSession(on.project, on.server, "claude");
  await pass(on, 31);
  expect(await hub.task(on.task)).toMatchObject({ status: "assigned", attempt: 2 });
  await startTask(hub.engine, next, on.task);
  await hub.sessionEnds(next.id);
  await hub.settled();
  await pass(on, 31);
  expect(await hub.task(on.task)).toMatchObject({ status: "running", attempt: 2 });
  expect(await openQuestions(on)).toMatchObject([{ cause: "worker_lost" }]);
});

test("the policy fail fails the task for good", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub, { on_worker_lost: "fail" });
  await hub.sessionIsMissing(on.worker.id, "lost");
  await hub.settled();
  await pass(on, 31);
  expect(await hub.task(on.task)).toMatchObject({
    status: "failed",
    status_reason: expect.stringContaining("was lost"),
  });
  await expect(completeTask(hub.engine, on.worker, on.task, finished)).rejects.toMatchObject({
    code: expect.stringMatching(/stale_lease|task_wrong_status/),
  });
});

test("a plan or a result that waits for a person is left alone; the policy starts when the worker is needed again", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const planned = await stage(hub, {}, { require_plan: true });
  await planTask(hub.engine, planned.worker, planned.task, { steps: [] });
  const reviewed = await stage(hub, {}, { require_review: true });
  await completeTask(hub.engine, reviewed.worker, reviewed.task, finished);
  for (const on of [planned, reviewed]) {
    await hub.sessionEnds(on.worker.id);
    await hub.settled();
    await pass(on, 10_000);
    expect(await lease(on)).toMatchObject({ lost_since: expect.any(Date), act_at: null });
    expect(await openQuestions(on)).toEqual([]);
  }
  await revisePlan(hub.engine, ADA, planned.task, "More detail");
  await requestChanges(hub.engine, ADA, reviewed.task, "More tests");
  await hub.settled();
  for (const on of [planned, reviewed]) {
    expect((await lease(on)).acts_in).toBeGreaterThan(20);
    await pass(on, 31);
    expect(await openQuestions(on)).toMatchObject([{ cause: "worker_lost" }]);
  }
});

test("a server that comes back without the session shortens the wait", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub);
  await hub.goOffline(on.server.id);
  await hub.settled();
  expect((await lease(on)).acts_in).toBeGreaterThan(590);
  await hub.sessionIsMissing(on.worker.id, "lost");
  await hub.settled();
  expect((await lease(on)).acts_in).toBeLessThanOrEqual(30);
});

test("a holder that comes back before anybody was told of its task is offered it first", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub, { on_worker_lost: "requeue" }, { auto_assign: true });
  await hub.sessionIsMissing(on.worker.id, "lost");
  await hub.settled();
  hub.disconnect(on.server.id);
  await hub.engine.fleet.refresh(on.server.id);
  await pass(on, 31);
  expect(await hub.task(on.task)).toMatchObject({ status: "pending", attempt: 2 });
  hub.connect(on.server.id);
  await hub.sessionReports(on.worker.id, "working");
  await hub.settled();
  expect(await hub.task(on.task)).toMatchObject({ status: "assigned", assigned_session_id: on.worker.id });
  await startTask(hub.engine, on.worker, on.task);
  expect(await lease(on)).toMatchObject({ closed_at: null });
});

test("after the hub was away open leases are as if seen now, and who was lost has all of the grace again", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const held = await stage(hub);
  const lost = await stage(hub);
  await hub.goOffline(lost.server.id);
  await hub.settled();
  await hub.sql.query(
    "update engine.leases set expires_at = now() - interval '1 hour', act_at = act_at - interval '1 hour'",
  );
  await takeLeasesAsSeen(hub.sql);
  await hub.engine.rederive();
  await hub.settled();
  expect(await lease(held)).toMatchObject({ lost_since: null });
  expect(await openQuestions(lost)).toEqual([]);
  expect((await lease(lost)).acts_in).toBeGreaterThan(590);
});
