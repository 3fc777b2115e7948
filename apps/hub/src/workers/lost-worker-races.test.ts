import { expect, test } from "vitest";
import { completeTask, completionFold } from "../tasks/complete-task.ts";
import type { Engine } from "../tasks/engine.ts";
import { ProjectWriters } from "../tasks/project-writer.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine } from "../testing/test-engine.ts";
import { until } from "../testing/until.ts";
import { facts, finished, lease, questions, type Stage, stage } from "../testing/worker-stage.ts";
import { applyLostPolicies } from "./lost-policy.ts";
import { markLostWorkers } from "./mark-lost.ts";

/** Both wait for the task's row, or another, the second behind the first. */
async function inTurn(
  { hub, task }: Stage,
  first: () => Promise<unknown>,
  second: () => Promise<unknown>,
  held = { table: "tasks", id: task },
): Promise<void> {
  const waiting = async () => {
    const [row] = await hub.sql.query<{ n: number }>(
      "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return row?.n ?? 0;
  };
  const outcomes = await hub.race(
    `select from ${held.table} where id = $1 for update`,
    [held.id],
    [
      first,
      async () => {
        await until(async () => (await waiting()) > 0);
        await second();
      },
    ],
  );
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  await hub.settled();
}

/** Only while the task's row is held: the engine's own timer would act on it at once. */
const dueNow = ({ hub, task }: Stage) =>
  hub.sql.query("update engine.leases set act_at = now() where task_id = $1", [task]);

/** Its next sign of life is written down. */
async function forgetSigns({ hub, worker }: Stage): Promise<void> {
  await hub.engine.leases.settled();
  hub.engine.leases.forget(worker.id);
}

test("the reaper against a completion: the work is never lost, whoever is first", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  // In one queue of the project they would not meet: the completion has one of its own.
  const beside: Engine = { ...hub.engine, writers: new ProjectWriters(completionFold(() => beside)) };
  for (const completionIsFirst of [true, false]) {
    const on = await stage(hub, { on_worker_lost: "requeue" });
    await hub.sessionIsMissing(on.worker.id, "lost");
    await hub.settled();
    const complete = () => completeTask(beside, on.worker, on.task, finished);
    const reap = () => dueNow(on).then(() => applyLostPolicies(hub.engine));
    const [first, second] = completionIsFirst ? [complete, reap] : [reap, complete];
    await inTurn(on, first, second);
    expect(await hub.task(on.task)).toMatchObject({ status: "done", attempt: completionIsFirst ? 1 : 2 });
  }
});

test("a heartbeat against the expiry: who is seen while it is being taken for lost is not", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub);
  await forgetSigns(on);
  await inTurn(
    on,
    async () => {
      await hub.sql.query("update engine.leases set expires_at = now() - interval '1 minute' where task_id = $1", [
        on.task,
      ]);
      await markLostWorkers(hub.engine);
    },
    async () => {
      hub.engine.leases.sawServer(on.server.id);
      await hub.engine.leases.settled();
      await hub.sql.query("select from tasks where id = $1 for update", [on.task]);
    },
  );
  expect(await lease(on)).toMatchObject({ lost_since: null, closed_at: null });
  expect(await facts(on, "task.worker_lost")).toEqual([]);
});

test("what a session did before it was found gone does not bring it back, whenever that is written down", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  for (const markedFirst of [false, true]) {
    const on = await stage(hub);
    await forgetSigns(on);
    hub.engine.leases.sawSession(on.worker.id);
    // As the report of its loss does; nothing looks at it before the sign is written down.
    await hub.sql.query("update engine.leases set expires_at = now() where task_id = $1", [on.task]);
    if (markedFirst) await markLostWorkers(hub.engine);
    await hub.engine.leases.settled();
    await markLostWorkers(hub.engine);
    await hub.settled();
    expect(await lease(on)).toMatchObject({ lost_since: expect.any(Date), closed_at: null });
    expect(await facts(on, "task.worker_back")).toEqual([]);
    hub.engine.leases.sawSession(on.worker.id);
    await hub.settled();
    expect(await lease(on)).toMatchObject({ lost_since: null });
  }
});

test("a server that speaks for a session while its loss is being written down does not keep it alive", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub);
  await forgetSigns(on);
  // The loss has begun and waits for the session's row; the server's heartbeat comes before it is written down.
  const session = { table: "sessions", id: on.worker.id };
  await inTurn(
    on,
    () => hub.sessionIsMissing(on.worker.id, "lost"),
    async () => {
      hub.engine.leases.sawServer(on.server.id);
      await hub.sql.query("select from sessions where id = $1 for update", [on.worker.id]);
    },
    session,
  );
  await hub.engine.leases.settled();
  await hub.settled();
  expect(await lease(on)).toMatchObject({ lost_since: expect.any(Date), closed_at: null });
  expect(await facts(on, "task.worker_back")).toEqual([]);
});

test("of several signs the newest counts: a session that is active again is back, whatever it did before", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub);
  await forgetSigns(on);
  hub.engine.leases.sawSession(on.worker.id);
  await hub.sql.query("update engine.leases set expires_at = now() where task_id = $1", [on.task]);
  await markLostWorkers(hub.engine);
  const [now] = await hub.sql.query<{ at: string }>("select clock_timestamp()::text as at");
  hub.engine.leases.sawSession(on.worker.id, now?.at);
  await hub.settled();
  expect(await lease(on)).toMatchObject({ lost_since: null });
});

test("a sign of life against the policy: what was asked is withdrawn, and nothing was closed", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub);
  await hub.sessionIsMissing(on.worker.id, "lost");
  await hub.settled();
  await inTurn(
    on,
    () => dueNow(on).then(() => applyLostPolicies(hub.engine)),
    async () => {
      hub.engine.leases.sawSession(on.worker.id);
      await hub.engine.leases.settled();
    },
  );
  expect(await lease(on)).toMatchObject({ lost_since: null, closed_at: null });
  expect(await questions(on)).toMatchObject([{ cause: "worker_lost", status: "cancelled" }]);
});

test("a policy that was due finds another grace given meanwhile, and waits", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub, { on_worker_lost: "fail" });
  await hub.sessionIsMissing(on.worker.id, "lost");
  await hub.settled();
  await hub.sql.query("update engine.leases set act_at = now() where task_id = $1", [on.task]);
  const waitLonger = `with held as (select id from tasks where id = $1 for update)
    update engine.leases set act_at = now() + interval '1 minute' from held where task_id = held.id`;
  await hub.race(waitLonger, [on.task], [() => applyLostPolicies(hub.engine)]);
  await hub.settled();
  expect(await hub.task(on.task)).toMatchObject({ status: "running" });
  expect((await lease(on)).acts_in).toBeGreaterThan(50);
});
