import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { expect, test, vi } from "vitest";
import { sqlOf } from "../../db/transaction.ts";
import { HubProcess, scratchHome } from "../hub-process.ts";
import { createTestDatabase } from "../test-database.ts";
import { until } from "../until.ts";
import { expectWhole, openCascade, TASKS, tally } from "./cascade.ts";
import { randomOf } from "./random.ts";

vi.setConfig({ testTimeout: 300_000 });

/** Another seed kills at other moments: FAULT_SEED=… */
const SEED = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000);
const KILLS = 20;
const KILLS_IN_FLIGHT = 15;
/** A completion is answered within so much: a kill that comes later hits the next. */
const LONGEST_ANSWER_MS = 6;

test("a hub killed twenty times in a cascade of 200 tasks loses nothing and does nothing twice", async () => {
  process.stdout.write(`kill -9 of the hub: seed ${SEED}\n`);
  const random = randomOf(SEED);
  await using database = await createTestDatabase();
  await using scratch = await scratchHome();
  const environment = { DATABASE_URL: database.url, ORCHESTRATIA_HOME: scratch.home, LOG_LEVEL: "error" };
  let hub = new HubProcess(environment);
  try {
    const { url } = await hub.ready();
    const port = new URL(url).port;
    const token = await readFile(path.join(scratch.home, "local-token"), "utf8");
    let sent = () => {};
    const pool = new pg.Pool({ connectionString: database.url, max: 2 });
    await using cascade = await openCascade(url, token, 5, () => sent());
    await cascade.begin();

    let inFlight = 0;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const soFar = cascade.report.confirmed.size;
      await until(() => cascade.report.confirmed.size > soFar, 60_000);
      if (kill <= KILLS - 3) {
        // At a moment of a completion's life that the seed decides.
        await new Promise<void>((resolve) => {
          sent = resolve;
        });
        await delay(random() * LONGEST_ANSWER_MS);
      } else {
        await delay(random() * 50);
      }
      if (cascade.report.inFlight > 0) inFlight += 1;
      await hub.kill();
      hub = new HubProcess({ ...environment, PORT: port });
      await hub.ready();
    }
    await until(async () => {
      const counts = await tally(sqlOf(pool), cascade.projectId);
      return counts.length === 1 && cascade.report.confirmed.size === TASKS;
    }, 120_000);
    await until(async () => (await pool.query("select from activity_log where position is null")).rowCount === 0);
    await expectWhole(pool, cascade.projectId, cascade.report);
    await pool.end();
    process.stdout.write(`kill -9 of the hub: ${inFlight} of ${KILLS} with a completion in flight\n`);
    expect(inFlight).toBeGreaterThanOrEqual(KILLS_IN_FLIGHT);
  } finally {
    await hub.kill();
  }
});
