import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { problemCode } from "@orchestratia/protocol/problems";
import pg from "pg";
import { expect, test, vi } from "vitest";
import { sqlOf } from "../../db/transaction.ts";
import { HubProcess, scratchHome } from "../hub-process.ts";
import { createPostgresHome } from "../postgres-home.ts";
import { until } from "../until.ts";
import { expectWhole, openCascade, TASKS, tally } from "./cascade.ts";

vi.setConfig({ testTimeout: 180_000 });

/** From the moment at which Postgres takes connections again. */
const RECOVERED_MS = 5_000;

interface Answer {
  status: number;
  code: string | undefined;
}

/** Asks for the tasks all the time, as an impatient dashboard would. Answers what it was told, each kind once. */
async function impatientReader(url: string, token: string, stop: AbortSignal): Promise<Answer[]> {
  const answers = new Map<string, Answer>();
  while (!stop.aborted) {
    const response = await fetch(`${url}/api/v1/projects/CASCADE/tasks`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const answer = { status: response.status, code: problemCode(await response.json()) };
    answers.set(JSON.stringify(answer), answer);
    await delay(5);
  }
  return [...answers.values()];
}

test("Postgres restarted under load: requests fail cleanly, nothing is lost, the hub recovers by itself", async () => {
  await using pgHome = await createPostgresHome();
  await using postgres = await pgHome.start();
  await using scratch = await scratchHome();
  await using hub = new HubProcess({
    DATABASE_URL: postgres.url,
    ORCHESTRATIA_HOME: scratch.home,
    LOG_LEVEL: "fatal",
  });
  const { url } = await hub.ready();
  const token = await readFile(path.join(scratch.home, "local-token"), "utf8");
  await using cascade = await openCascade(url, token, 5);
  await cascade.begin();
  const stop = new AbortController();
  const reader = impatientReader(url, token, stop.signal);

  const recoveries: number[] = [];
  // Orderly, at once, and by a crash of the whole server.
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    const soFar = cascade.report.confirmed.size;
    await until(() => cascade.report.confirmed.size > soFar + 20, 60_000);
    const { pid } = postgres;
    process.kill(pid, signal);
    await until(async () => postgres.pid !== pid && (await takesConnections(postgres.url)), 60_000);
    const since = performance.now();
    const before = cascade.report.confirmed.size;
    await until(async () => (await fetch(`${url}/readyz`)).status === 200, 60_000);
    await until(() => cascade.report.confirmed.size > before || before === TASKS, 60_000);
    recoveries.push(Math.round(performance.now() - since));
  }
  process.stdout.write(`Postgres restarted: the hub at work again after ${recoveries.join(", ")} ms\n`);
  expect(Math.max(...recoveries)).toBeLessThan(RECOVERED_MS);

  const pool = new pg.Pool({ connectionString: postgres.url, max: 2 });
  await until(async () => {
    const counts = await tally(sqlOf(pool), cascade.projectId);
    return counts.length === 1 && cascade.report.confirmed.size === TASKS;
  }, 120_000);
  await until(async () => (await pool.query("select from activity_log where position is null")).rowCount === 0);
  await expectWhole(pool, cascade.projectId, cascade.report);
  await pool.end();

  stop.abort();
  const answers = await reader;
  expect(answers).toContainEqual({ status: 200, code: undefined });
  expect(answers.filter(({ status, code }) => status !== 200 && code !== "database_unavailable")).toEqual([]);
  expect(hub.child.exitCode).toBeNull();
});

async function takesConnections(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  client.on("error", () => {});
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}
