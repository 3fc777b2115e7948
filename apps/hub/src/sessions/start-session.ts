import { randomUUID } from "node:crypto";
import type { SessionRole } from "@orchestratia/domain/vocabulary";
import { Problem } from "@orchestratia/protocol/problems";
import type { HubFrame } from "@orchestratia/protocol/server-link";
import type { ProjectId, ServerId, SessionId } from "@orchestratia/protocol/vocabulary";
import { actorOf, type Caller } from "../access/caller.ts";
import { newSecret, secretHash } from "../access/secret-hash.ts";
import { markPartlyDone } from "../db/surely-undone.ts";
import { type Tx, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { IN_CHECKOUT } from "./in-checkout.ts";
import type { LiveSession } from "./live-sessions.ts";
import { OutputFeed } from "./output-feed.ts";
import { OutputWindow } from "./output-window.ts";
import type { SessionHub } from "./session-hub.ts";
import { sessionEnded } from "./session-status.ts";

export interface SessionStart {
  caller: Caller;
  projectId: ProjectId;
  serverId: ServerId;
  agent: string;
  /** Unique among the project's live sessions; without it `<agent>-<n>`. */
  name?: string | undefined;
  /** Without it the name decides. */
  role?: SessionRole | undefined;
  workingDirectory?: string | null | undefined;
  cols?: number | undefined;
  rows?: number | undefined;
  taskId?: string | null | undefined;
  /** The ended session with whose conversation the agent goes on. */
  resumes?: SessionId | undefined;
  startedByHub: boolean;
}

const DEFAULT_COLS = 120;
const DEFAULT_ROWS = 40;

/** What version 1 daemons call the agents; they take an unknown one for claude_code. */
const VERSION_1_AGENTS: Readonly<Record<string, string>> = {
  claude: "claude_code",
  gemini: "gemini_cli",
  codex: "codex_cli",
};

/**
 * Starts a terminal on a connected server; it is `starting` until the daemon answers. Throws server_not_found,
 * server_unreachable, refused_by_policy, agent_unknown, key_taken for a name that a live session has, and session_not_found or session_live
 * for a session that cannot be resumed.
 */
export async function startSession(hub: SessionHub, start: SessionStart): Promise<LiveSession> {
  const token = newSecret("orcs_");
  const session = await transaction(hub.database.pool, async (tx) => {
    if (start.resumes !== undefined) await requireResumable(tx, start.resumes, start);
    const tellsStatus = await requireServer(hub, tx, start);
    const session = await insertSession(tx, start, token, tellsStatus);
    await record(tx, {
      type: "session.created",
      project_id: start.projectId,
      session_id: session.id,
      server_id: start.serverId,
      task_id: start.taskId ?? null,
      actor: actorOf(start.caller),
      details: {
        ...{ name: session.name, agent: session.agent, role: session.role, started_by_hub: start.startedByHub },
        ...(start.resumes === undefined ? {} : { resumes: start.resumes }),
      },
    });
    return session;
  });
  hub.sessions.add(session);
  hub.events.wake();
  if (!hub.connections.send(start.serverId, startFrame(session, start, token))) {
    await sessionEnded(hub, session, { status: "error", error: "The server is not connected." }).catch((error) => {
      markPartlyDone(error);
      throw error;
    });
  }
  return session;
}

/** The name sets the default only. */
export function roleByName(name: string): SessionRole {
  return /orchestrat|platform|coordinator/i.test(name) ? "orchestrator" : "worker";
}

interface Target {
  name: string;
  agents: { name: string }[];
  /** What its machine's owner allows; null where the daemon does not say. */
  served: string[] | null;
  cpus: number | null;
}

/** Whether its daemon knows agents: a version 1 daemon opens a shell, and the hub types the rest. */
async function requireServer(hub: SessionHub, tx: Tx, { projectId, serverId, agent }: SessionStart): Promise<boolean> {
  // Locked, so that two starts do not take the last place.
  const [server] = await tx.query<Target>(
    `select name, agents, capabilities->'remote' as served, (system_info->>'cpu_count')::float8 as cpus from servers
      where id = $1 and project_id = $2 for no key update`,
    [serverId, projectId],
  );
  if (!server) throw new Problem("server_not_found");
  if (!hub.connections.isConnected(serverId)) {
    throw new Problem("server_unreachable", `The server ${server.name} is not connected.`);
  }
  if (server.agents.length > 0 && server.served && !server.served.includes("sessions")) {
    const detail = `${server.name} starts no sessions: sessions.start in its policy.yaml does not allow it.`;
    throw new Problem("refused_by_policy", detail, { policy: "sessions.start" });
  }
  const known = server.agents.length === 0 || server.agents.some(({ name }) => name === agent);
  if (!known) {
    const names = server.agents.map(({ name }) => name);
    throw new Problem("agent_unknown", `The server ${server.name} has ${names.join(", ")}, not ${agent}.`, {
      agents: names,
    });
  }
  if (server.agents.length === 0 && server.cpus !== null) await requirePlace(tx, serverId, server.name, server.cpus);
  return server.agents.length > 0;
}

/** Its machine keeps the conversation, and two agents must not go on with the same one: its row is held. */
async function requireResumable(tx: Tx, id: SessionId, { projectId, serverId, agent }: SessionStart): Promise<void> {
  const [ended] = await tx.query<{ name: string; is_live: boolean }>(
    `select name, status not in ('closed', 'error') as is_live from sessions
      where id = $1 and project_id = $2 and server_id = $3 and agent = $4 for no key update`,
    [id, projectId, serverId, agent],
  );
  if (!ended) {
    throw new Problem("session_not_found", `There is no session of ${agent} on this server with that id to resume.`);
  }
  if (ended.is_live)
    throw new Problem("session_live", `${ended.name} still runs; it can be resumed when it has ended.`);
  const [resumed] = await tx.query<{ name: string }>(
    "select name from sessions where resumes = $1 and status not in ('closed', 'error')",
    [id],
  );
  if (resumed)
    throw new Problem("session_live", `${resumed.name} goes on with the conversation of ${ended.name} already.`);
}

/** A version 1 daemon has a thread for each terminal and too few of them: with more, terminals fall silent. */
async function requirePlace(tx: Tx, serverId: ServerId, name: string, cpus: number): Promise<void> {
  const most = Math.max(cpus, 0) + 2;
  const [live] = await tx.query<{ count: number }>(
    `select count(*)::int as count from sessions
      where server_id = $1 and status in ('starting', 'active', 'disconnected', 'lost')`,
    [serverId],
  );
  if ((live?.count ?? 0) < most) return;
  throw new Problem("server_full", `The daemon of ${name} cannot hold more than ${most} sessions. Close one first.`);
}

async function insertSession(tx: Tx, start: SessionStart, token: string, tells_status: boolean): Promise<LiveSession> {
  const wanted = start.name?.trim();
  for (let n = 1; ; n += 1) {
    const name = wanted ?? `${start.agent}-${n}`;
    const role = start.role ?? roleByName(name);
    const id = randomUUID() as SessionId;
    const [row] = await tx.query<Pick<Inserted, "number" | "cols" | "rows" | "created_at" | "in_checkout">>(INSERT, [
      id,
      start.projectId,
      start.serverId,
      name,
      start.agent,
      role,
      start.workingDirectory ?? null,
      start.cols ?? DEFAULT_COLS,
      start.rows ?? DEFAULT_ROWS,
      start.startedByHub,
      start.taskId ?? null,
      actorOf(start.caller),
      secretHash(token),
      start.resumes ?? null,
    ]);
    if (row) return liveSession(start, { ...row, id, name, role, tells_status });
    if (wanted !== undefined) throw new Problem("key_taken", `A live session is called ${wanted}.`);
  }
}

/** Gives no row when a live session has the name. */
const INSERT = `
  insert into sessions as s (id, project_id, server_id, name, agent, role, working_directory, cols, rows, started_by_hub,
    task_id, created_by, token_hash, resumes)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
  on conflict (project_id, name) where status in ('starting', 'active', 'disconnected', 'lost') do nothing
  returning number, cols, rows, created_at, ${IN_CHECKOUT} as in_checkout`;

interface Inserted {
  id: SessionId;
  number: number;
  name: string;
  role: SessionRole;
  cols: number;
  rows: number;
  created_at: Date;
  in_checkout: boolean;
  tells_status: boolean;
}

function liveSession(start: SessionStart, inserted: Inserted): LiveSession {
  const { created_at: createdAt, in_checkout: inCheckout, tells_status: _, ...rest } = inserted;
  const output = new OutputWindow();
  return {
    ...rest,
    createdAt,
    inCheckout,
    projectId: start.projectId,
    serverId: start.serverId,
    agent: start.agent,
    startedByHub: start.startedByHub,
    status: "starting",
    agentStatus: "unknown",
    waiting: null,
    taskId: start.taskId ?? null,
    tmuxName: "",
    tellsStatus: inserted.tells_status,
    launched: false,
    agentSeen: false,
    typedInto: false,
    screen: [],
    output,
    feed: new OutputFeed(inserted.id, output),
  };
}

function startFrame(session: LiveSession, start: SessionStart, token: string): HubFrame {
  return {
    type: "session_start",
    session_id: session.id,
    working_directory: start.workingDirectory ?? null,
    cols: session.cols,
    rows: session.rows,
    project_id: session.projectId,
    role: session.role,
    agent_type: VERSION_1_AGENTS[session.agent] ?? session.agent,
    agent: session.agent,
    session_token: token,
    number: session.number,
    name: session.name,
    ...(start.resumes === undefined ? {} : { resumes: start.resumes }),
  };
}
