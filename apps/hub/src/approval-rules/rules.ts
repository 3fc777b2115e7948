import type { Database } from "../db/database.ts";
import type { ServerConnections } from "../server-link/connections.ts";

/** What the commands on approval rules work with. */
export interface Rules {
  readonly database: Database;
  readonly connections: ServerConnections;
  /** The sequencer: woken after a commit that recorded facts. */
  readonly events: { wake(): void };
}

/** Tells the project's connected daemons to read their rules again; the others do so when they connect. */
export async function rulesChanged({ database, connections, events }: Rules, projectId: string): Promise<void> {
  events.wake();
  const servers = await database.sql.query<{ id: string }>("select id from servers where project_id = $1", [projectId]);
  for (const { id } of servers) connections.send(id, { type: "approval_rules_updated" });
}
