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
  text: `select s.working_directory, v.os, v.name, jsonb_array_length(v.agents) as agents, v.capabilities
    from sessions s join servers v on v.id = s.server_id where s.id = $1`,
};

interface Row extends ServedBy {
  working_directory: string | null;
  os: string;
}

/** What a server's daemon says of itself. */
export interface ServedBy {
  name: string;
  agents: number;
  capabilities: { remote?: string[] };
}

/** The project's live session of this name or id. Throws session_not_found. */
export function findLiveSession({ sessions }: SessionHub, projectId: ProjectId, ref: string): LiveSession {
  const ofProject = sessions.all().filter((session) => session.projectId === projectId);
  const found =
    ofProject.find(({ name }) => name === ref) ?? ofProject.find(({ id }) => id === ref.toLowerCase()) ?? undefined;
  if (!found) throw new Problem("session_not_found", `No live session of the project is called ${ref}.`);
  return found;
}

/** Throws server_unreachable, or refused_by_policy where the machine's owner does not allow `request`. */
export async function remoteTarget(
  hub: SessionHub,
  session: LiveSession,
  request: RemoteRequest,
): Promise<RemoteTarget> {
  const [row] = await hub.database.sql.query<Row>(TARGET, [session.id]);
  if (!row) throw new Problem("session_not_found");
  if (!hub.connections.isConnected(session.serverId)) {
    throw new Problem("server_unreachable", `The server ${row.name} is not connected.`);
  }
  requireServed(row, request);
  return { session, workingDirectory: row.working_directory, os: row.os, serverName: row.name };
}

/** In the words of the daemons' `capabilities.remote`, which are those of the machine's policy file. */
export type RemoteRequest = "exec" | "read" | "files.in" | "files.out";

const REFUSALS: Readonly<Record<RemoteRequest, { policy: string; words: string }>> = {
  exec: { policy: "remote.exec", words: "runs no remote commands" },
  read: { policy: "remote.read", words: "lets nobody read its files" },
  "files.in": { policy: "files.in", words: "takes no files" },
  "files.out": { policy: "files.out", words: "sends no files" },
};

/**
 * Daemons that report agents are our own: they say what their machine's owner allows, and a question for anything else
 * need not be asked. Version 1 serves everything and says nothing. Throws refused_by_policy.
 */
export function requireServed({ name, agents, capabilities }: ServedBy, request: RemoteRequest): void {
  if (agents === 0 || capabilities.remote?.includes(request)) return;
  const { policy, words } = REFUSALS[request];
  const detail = `${name} ${words}: ${policy} in its policy.yaml does not allow it.`;
  throw new Problem("refused_by_policy", detail, { policy });
}
