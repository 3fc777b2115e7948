/**
 * The full cascade at the command: complete → contracts → resolve → unblock → choose a server → record, against raw
 * transactions of one UPDATE on ten connections in the same run.
 */
import { Completion } from "@orchestratia/protocol/tasks";
import type { ProjectId, ServerId, SessionId } from "@orchestratia/protocol/vocabulary";
import { completeTask } from "../apps/hub/src/tasks/complete-task.ts";
import { openTestEngine } from "../apps/hub/src/testing/test-engine.ts";
import { fillProject } from "./cascade-data.ts";
import { drive, median, option, report, round } from "./measure.ts";
import { postgresKinds } from "./postgres.ts";
import { openRawUpdates } from "./raw-update.ts";

const PAIRS = option("pairs", 2_000);
const SERVERS = option("servers", 1_000);
const CONCURRENCY = option("concurrency", 200);
const ROUNDS = option("rounds", 5);

const completion = Completion.parse({
  result: { summary: "done", contracts: { api: { endpoints: ["/a", "/b"], schemas: {} } } },
});

for await (const kind of postgresKinds()) {
  await using postgres = kind;
  await using raw = await openRawUpdates(postgres.url, 10);
  const ratios: number[] = [];
  const rates: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    await using hub = await openTestEngine(postgres.url);
    const { pool } = hub.engine.database;
    const { projectId, running } = await fillProject(pool, SERVERS, PAIRS);
    for (const { id } of await hub.sql.query<{ id: ServerId }>("select id from servers where project_id = $1", [
      projectId,
    ])) {
      hub.connect(id);
    }
    await hub.engine.fleet.load();
    const baseline = await raw.measure(PAIRS * 2);
    const cascade = await drive(running.length, CONCURRENCY, (n) => {
      const { id, sessionId, serverId } = running[n] as (typeof running)[0];
      const caller = {
        kind: "session",
        id: sessionId as SessionId,
        name: "s",
        serverId: serverId as ServerId,
      } as const;
      return completeTask(hub.engine, { ...caller, projectId: projectId as ProjectId, role: "worker" }, id, completion);
    });
    await hub.settled();
    const [check] = await hub.sql.query<{ done: number; assigned: number }>(
      `select count(*) filter (where status = 'done')::int as done, count(*) filter (where status = 'assigned')::int as assigned
       from tasks where project_id = $1`,
      [projectId],
    );
    if (check?.done !== PAIRS || check.assigned !== PAIRS) throw new Error(`not all settled: ${JSON.stringify(check)}`);
    // The first round warms both sides up.
    if (round === 0) continue;
    ratios.push(cascade.perSecond / baseline.perSecond);
    rates.push(cascade.perSecond);
    report(`  round ${round}`, { "cascades/s": cascade.perSecond, "raw/s": baseline.perSecond, "p99 ms": cascade.p99 });
  }
  const goal = postgres.flush === "as it is" ? 1 : 3.5;
  report(`P10 cascade, flush ${postgres.flush}`, {
    "cascades/s": median(rates),
    "x raw": round(median(ratios)),
    goal: `>= ${goal}`,
  });
}
