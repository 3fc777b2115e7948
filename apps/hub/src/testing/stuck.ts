import type { Finding } from "@orchestratia/protocol/doctor";
import type { Sql } from "../db/transaction.ts";
import { diagnose } from "../doctor/diagnose.ts";
import type { Sequencer } from "../events/sequencer.ts";
import type { ServerConnections } from "../server-link/connections.ts";
import type { RunningEngine } from "../tasks/open-engine.ts";

interface Running {
  engine: RunningEngine;
  sequencer: Sequencer;
  connections: ServerConnections;
  sql: Sql;
}

/** The tasks that sit where nothing will ever happen to them, as far as the rows say now. */
export async function listStuck({ sql, connections }: Pick<Running, "sql" | "connections">): Promise<Finding[]> {
  const { findings } = await diagnose(sql, { connectedServers: connections.connected(), patienceSeconds: 0 });
  return findings.filter(({ code }) => code === "stuck" || code === "circle");
}

/** The same, after what is under way and what runs each 30 s has had its turn: throws when there are any. */
export async function refuseStuck(running: Running): Promise<void> {
  if ((await listStuck(running)).length === 0) return;
  const { engine, sequencer } = running;
  for (let round = 0; round < 2; round += 1) {
    await engine.rederive();
    await engine.settled();
    await sequencer.settled();
  }
  await engine.settled();
  const stuck = await listStuck(running);
  if (stuck.length > 0) throw new Error(`nothing will ever happen to these: ${JSON.stringify(stuck)}`);
}
