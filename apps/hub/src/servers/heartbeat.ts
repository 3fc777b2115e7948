import { Problem } from "@orchestratia/protocol/problems";
import type { Heartbeat } from "@orchestratia/protocol/servers";
import { actorOf, type Caller } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { maxConcurrent } from "./max-concurrent.ts";
import type { Servers } from "./servers.ts";

/** What the daemon leaves out stays as it was. */
const beat = (status: "online" | "offline") => ({
  name: `heartbeat_${status}`,
  text: `with was as (select * from servers where id = $1 and status = '${status}' for no key update),
      report as (
        select id, max_concurrent_override, $2::jsonb as system_info, coalesce($3::jsonb, repos) as repos,
          coalesce($4::jsonb, agents) as agents, coalesce($5::jsonb, capabilities) as capabilities,
          coalesce($6::int, max_concurrent_reported) as max_concurrent_reported
        from was
      )
    update servers s set status = 'online', offline_since = null, last_heartbeat = now(), system_info = report.system_info,
      repos = report.repos, agents = report.agents, capabilities = report.capabilities,
      max_concurrent_reported = report.max_concurrent_reported, max_concurrent = ${maxConcurrent("report")}
    from report, was where s.id = report.id
    returning (was.repos, was.agents, was.capabilities, was.max_concurrent)
      is distinct from (s.repos, s.agents, s.capabilities, s.max_concurrent) as changed`,
});
const OF_ONLINE = beat("online");
const OF_OFFLINE = beat("offline");

interface Beat {
  changed: boolean;
}

/** A daemon says that it is alive. Throws unauthenticated when its server is gone. */
export async function heartbeat(
  servers: Pick<Servers, "database" | "events" | "onHeartbeat" | "onServerChanged">,
  server: Extract<Caller, { kind: "server" }>,
  { system_info, repos, agents, capabilities, max_concurrent }: Heartbeat,
): Promise<void> {
  const { database } = servers;
  servers.onHeartbeat(server.id);
  const given = [system_info, repos, agents, capabilities].map((part) =>
    part === undefined ? null : JSON.stringify(part),
  );
  const values = [server.id, ...given, max_concurrent ?? null];
  const [usual] = await database.sql.query<Beat>(OF_ONLINE, values);
  if (usual) {
    if (usual.changed) servers.onServerChanged(server.id);
    return;
  }
  const cameOnline = await transaction(database.pool, async (tx) => {
    const [back] = await tx.query<Beat>(OF_OFFLINE, values);
    if (!back) return false;
    await record(tx, {
      type: "server.online",
      project_id: server.projectId,
      server_id: server.id,
      actor: actorOf(server),
      details: { name: server.name },
    });
    return true;
  });
  if (cameOnline) {
    servers.events.wake();
    servers.onServerChanged(server.id);
    return;
  }
  // Another heartbeat of the same server may have brought it online in between.
  const [now] = await database.sql.query<Beat>(OF_ONLINE, values);
  if (!now) throw new Problem("unauthenticated", "This server is not registered any more.");
}
