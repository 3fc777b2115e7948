import { Problem } from "@orchestratia/protocol/problems";
import {
  Capabilities,
  type CapabilitiesOverride,
  type Server,
  type ServerListQuery,
} from "@orchestratia/protocol/servers";
import type { z } from "zod";
import { Conditions } from "../db/conditions.ts";
import type { Sql } from "../db/transaction.ts";

interface ServerRow {
  id: string;
  project_id: string;
  name: string;
  hostname: string;
  os: string;
  ip: string | null;
  status: "online" | "offline";
  draining: boolean;
  repos: Record<string, unknown>;
  agents: z.input<typeof Server>["agents"];
  capabilities: unknown;
  capabilities_override: CapabilitiesOverride | null;
  system_info: Record<string, unknown>;
  active_tasks: number;
  max_concurrent: number;
  max_concurrent_override: number | null;
  last_heartbeat: Date | null;
  created_at: Date;
}

const SELECT = `select id, project_id, name, hostname, os, ip, status, draining, repos, agents, capabilities,
    capabilities_override, system_info, active_tasks, max_concurrent, max_concurrent_override, last_heartbeat, created_at
  from servers`;
const MOST = 5_000;
const ONE = {
  name: "server_by_id_or_name",
  text: `${SELECT} where project_id = $1 and (id::text = lower($2) or name = $2) order by name = $2 limit 1`,
};

export type ServerView = z.input<typeof Server>;
type IsConnected = (serverId: string) => boolean;

export interface ServerPage extends Omit<ServerListQuery, "after"> {
  /** The name that the page before ended with. */
  after?: string | undefined;
}

/** By name. `next` is the name to go on behind, null on the last page. */
export async function listServers(
  sql: Sql,
  projectId: string,
  isConnected: IsConnected,
  { limit = MOST, ...page }: ServerPage = {},
): Promise<{ servers: ServerView[]; next: string | null }> {
  const where = new Conditions(projectId, MOST);
  where.given(page.status, (status) => `status = ${status}`);
  where.given(page.draining, (draining) => `draining = ${draining}`);
  where.given(page.name, (name) => `position(lower(${name}) in lower(name)) > 0`);
  where.given(
    page.repo,
    (repo) => `exists (select from jsonb_object_keys(coalesce(capabilities_override -> 'repos', repos)) as has
      where lower(has) = lower(${repo}))`,
  );
  where.given(page.after, (name) => `name > ${name}`);
  const text = `${SELECT} where project_id = $1${where} order by name limit $2`;
  const rows = (await sql.query<ServerRow>(text, where.values)).map((row) => toServer(row, isConnected));
  // Who is connected is known to this process alone.
  const found = rows.filter(({ reachable }) => page.reachable === undefined || reachable === page.reachable);
  const servers = found.slice(0, limit);
  return { servers, next: found.length > limit ? (servers.at(-1)?.name ?? null) : null };
}

/** By its id or its name. Throws server_not_found. */
export async function getServer(
  sql: Sql,
  projectId: string,
  ref: string,
  isConnected: IsConnected,
): Promise<ServerView> {
  const [row] = await sql.query<ServerRow>(ONE, [projectId, ref]);
  if (!row) throw new Problem("server_not_found", `No server of the project is called ${ref}.`);
  return toServer(row, isConnected);
}

function toServer(row: ServerRow, isConnected: IsConnected): ServerView {
  const { repos, ...lists } = row.capabilities_override ?? {};
  return {
    ...row,
    reachable: row.status === "online" && isConnected(row.id),
    repos: repos ?? row.repos,
    capabilities: { ...Capabilities.parse(row.capabilities), ...lists },
    last_heartbeat: row.last_heartbeat?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  };
}
