import { HelpRequest } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { OfflineWatch } from "../servers/offline-watch.ts";
import { helpTask } from "../tasks/help-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine } from "../testing/test-engine.ts";
import { lease, stage } from "../testing/worker-stage.ts";
import { Pauses } from "./pauses.ts";

const HOUR_MS = 3_600_000;

/** A worker that asks for an approval, on a hub whose clock the test sets. */
async function openWatched(url: string) {
  let aheadMs = 0;
  const clock = async () => Date.now() + aheadMs;
  const hub = await openTestEngine(url, { clock });
  const { database, events } = hub.sessionHub;
  const log = hub.engine.log;
  const watch = new OfflineWatch({ database, events, onServerChanged: () => {}, log }, { checkMs: 25_000, clock });
  const turn = async () => {
    await hub.engine.rederive();
    await watch.check();
    await hub.settled();
    await hub.engine.rederive();
    await hub.settled();
  };
  await turn();
  const on = await stage(hub);
  const help = HelpRequest.parse({ question: "Drop it?", intervention_type: "approval", timeout_seconds: 1_800 });
  await helpTask(hub.engine, on.worker, on.task, help);
  await turn();
  return {
    hub,
    turn,
    /** Time passes by the clock that deadlines are read by. */
    async pass(seconds: number) {
      aheadMs += seconds * 1_000;
      const ago = "- make_interval(secs => $1)";
      await hub.sql.query(`update servers set last_heartbeat = last_heartbeat ${ago}`, [seconds]);
      await hub.sql.query(`update engine.leases set expires_at = expires_at ${ago}, act_at = act_at ${ago}`, [seconds]);
      await hub.sql.query(`update interventions set timeout_at = timeout_at ${ago}`, [seconds]);
    },
    async look() {
      const [row] = await hub.sql.query<{ server: string; approval: string; heard: number; longer: number }>(
        `select v.status as server, i.status as approval, extract(epoch from now() - v.last_heartbeat)::float8 as heard,
           extract(epoch from i.timeout_at - now())::float8 as longer
         from servers v, interventions i where v.id = $1 order by i.created_at limit 1`,
        [on.server.id],
      );
      return { ...row, isLost: (await lease(on)).lost_since !== null };
    },
    [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose](),
  };
}

test("a machine that was asleep for an hour denies nothing, loses nobody and takes no server for offline when it wakes", async () => {
  await using database = await createTestDatabase();
  await using watched = await openWatched(database.url);
  await watched.pass(3_600);
  await watched.turn();
  const woken = await watched.look();
  expect(woken).toMatchObject({ server: "online", approval: "pending", isLost: false });
  expect(woken.heard).toBeLessThan(30);
  expect(woken.longer).toBeGreaterThan(30);
  // From then on silence counts again.
  for (let seconds = 0; seconds < 120; seconds += 60) {
    await watched.pass(60);
    await watched.turn();
  }
  expect(await watched.look()).toMatchObject({ approval: "expired", isLost: true });
});

test("the same time with the hub awake does count", async () => {
  await using database = await createTestDatabase();
  await using watched = await openWatched(database.url);
  for (let seconds = 0; seconds < 1_860; seconds += 60) {
    await watched.pass(60);
    await watched.hub.engine.rederive();
  }
  await watched.hub.settled();
  expect(await watched.look()).toMatchObject({ approval: "expired", isLost: true });
});

test("somebody who sets the clock, forward or back, makes nobody lost, and silence is noticed as soon as ever", async () => {
  await using database = await createTestDatabase();
  await using watched = await openWatched(database.url);
  for (const seconds of [3_600, -7_200]) {
    await watched.pass(seconds);
    await watched.turn();
    const set = await watched.look();
    expect(set).toMatchObject({ server: "online", approval: "pending", isLost: false });
    expect(Math.abs(set.heard ?? Number.NaN)).toBeLessThan(30);
  }
});

test("what is forgiven after a pause is tried again until it is done, and Postgres' clock is asked", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  let now = 0;
  const pauses = new Pauses(hub.sql, { longestMs: 100, beforeFirst: false, clock: async () => now });
  const forgiven: number[] = [];
  const turn = (at: number, fails = false) => {
    now = at;
    return pauses.turn(async () => {
      if (fails) throw new Error("the database went away again");
      forgiven.push(at);
    });
  };
  expect([await turn(HOUR_MS), await turn(HOUR_MS + 100)]).toEqual([false, false]);
  await expect(turn(HOUR_MS + 201, true)).rejects.toThrow("went away again");
  expect([await turn(HOUR_MS + 202), await turn(HOUR_MS + 203), await turn(0)]).toEqual([true, false, true]);
  expect(forgiven).toEqual([HOUR_MS + 202, 0]);

  const real = new Pauses(hub.sql, { longestMs: HOUR_MS, beforeFirst: true });
  expect([await real.turn(async () => {}), await real.turn(async () => {})]).toEqual([true, false]);
});
