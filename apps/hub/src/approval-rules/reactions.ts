import type { Logger } from "pino";
import type { Sql } from "../db/transaction.ts";
import type { Bus } from "../events/bus.ts";
import type { ServerConnections } from "../server-link/connections.ts";

/**
 * Tells a project's connected daemons to read their rules again when one has changed; the others do so when they connect.
 * Returns how to stop.
 */
export function pushRuleChanges(bus: Bus, sql: Sql, connections: ServerConnections, log: Logger): () => void {
  return bus.subscribe(({ event_type, project_id }) => {
    if (!event_type.startsWith("approval_rule.")) return;
    sql.query<{ id: string }>("select id from servers where project_id = $1", [project_id]).then(
      (servers) => {
        for (const { id } of servers) connections.send(id, { type: "approval_rules_updated" });
      },
      (error: unknown) => log.warn({ err: error }, "daemons could not be told that rules have changed"),
    );
  });
}
