import { Capabilities, type Server } from "@orchestratia/protocol/servers";
import type { z } from "zod";
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
  system_info: Record<string, unknown>;
  active_tasks: number;
  max_concurrent: number;
  last_heartbeat: Date | null;
  created_at: Date;
}

const LIMIT = 5_000;
const OF_PROJECT = {
  name: "servers_of_project",
  text: `select id, project_id, name, hostname, os, ip, status, draining, repos, agents, capabilities, system_info,
      active_tasks, max_concurrent, last_heartbeat, created_at
    from servers where project_id = $1 order by name limit ${LIMIT}`,
};

export type ServerView = z.input<typeof Server>;

export async function listServers(
  sql: Sql,
  projectId: string,
  isConnected: (serverId: string) => boolean,
): Promise<ServerView[]> {
  const rows = await sql.query<ServerRow>(OF_PROJECT, [projectId]);
  return rows.map((row) => ({
    ...row,
    reachable: row.status === "online" && isConnected(row.id),
    capabilities: Capabilities.parse(row.capabilities),
    last_heartbeat: row.last_heartbeat?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  }));
}
