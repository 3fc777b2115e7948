import { Problem } from "@orchestratia/protocol/problems";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import type { LiveSession } from "../sessions/live-sessions.ts";
import type { SessionHub } from "../sessions/session-hub.ts";

/** A session whose server can be asked for something. */
export interface RemoteTarget {
  session: LiveSession;
  workingDirectory: string | null;
  os: string;
  serverName: string;
}

const TARGET = {
  name: "remote_target",
  text: `select s.working_directory, v.os, v.name, jsonb_array_length(v.agents) as agents
    from sessions s join servers v on v.id = s.server_id where s.id = $1`,
};

interface Row {
  working_directory: string | null;
  os: string;
  name: string;
  agents: number;
}

/** The project's live session of this name or id. Throws session_not_found. */
export function findLiveSession({ sessions }: SessionHub, projectId: ProjectId, ref: string): LiveSession {
  const ofProject = sessions.all().filter((session) => session.projectId === projectId);
  const found =
    ofProject.find(({ name }) => name === ref) ?? ofProject.find(({ id }) => id === ref.toLowerCase()) ?? undefined;
  if (!found) throw new Problem("session_not_found", `No live session of the project is called ${ref}.`);
  return found;
}

/** Throws server_unreachable, or daemon_lacks where the daemon knows nothing of such requests. */
export async function remoteTarget(hub: SessionHub, session: LiveSession): Promise<RemoteTarget> {
  const [row] = await hub.database.sql.query<Row>(TARGET, [session.id]);
  if (!row) throw new Problem("session_not_found");
  if (!hub.connections.isConnected(session.serverId)) {
    throw new Problem("server_unreachable", `The server ${row.name} is not connected.`);
  }
  requireVersion1(row.name, row.agents);
  return { session, workingDirectory: row.working_directory, os: row.os, serverName: row.name };
}

/** Daemons that report agents are our own, which serve none of this yet: a question would only time out. */
export function requireVersion1(server: string, agents: number): void {
  if (agents > 0) throw new Problem("daemon_lacks", `The daemon of ${server} serves no remote commands and files.`);
}
