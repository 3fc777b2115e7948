import type { AgentStatus, SessionStatus } from "@orchestratia/domain/vocabulary";
import type { AgentWait } from "@orchestratia/protocol/agent-wait";
import type { Actor, SessionId } from "@orchestratia/protocol/vocabulary";
import { actorOf, SYSTEM } from "../access/caller.ts";
import { type Tx, transaction } from "../db/transaction.ts";
import { type Fact, record } from "../events/activity.ts";
import { askForAgent } from "../interventions/agent-wait-question.ts";
import { sayThatLimitIsOver } from "../usage-limits/limit-over.ts";
import { FORGET_LIMIT, LIMIT_LASTS } from "../usage-limits/limited-agents.ts";
import type { LiveSession } from "./live-sessions.ts";
import type { SessionHub } from "./session-hub.ts";

/** What a daemon says about a terminal it has. */
export interface Running {
  pid: number | null;
  workingDirectory: string;
  tmuxName: string;
}

export type Ending = { status: "closed"; exitCode: number | null } | { status: "error"; error: string };

/** How a daemon says that a session ended: by itself, or by what the machine allows it. */
export const endingOf = ({
  exit_code,
  error,
}: {
  exit_code?: number | null | undefined;
  error?: string | undefined;
}): Ending => (error === undefined ? { status: "closed", exitCode: exit_code ?? null } : { status: "error", error });

/** The terminal runs: it started, or it was found again. False when it should have ended. */
export async function sessionRuns(hub: SessionHub, session: LiveSession, running: Running): Promise<boolean> {
  const was = await inTransaction(hub, async (tx) => {
    const [row] = await tx.query<{ was: SessionStatus }>(
      `with old as (select id, status from sessions where id = $1 for update)
      update sessions s set status = 'active', started_at = coalesce(s.started_at, now()),
        pid = coalesce($2, s.pid), tmux_name = coalesce(nullif($3, ''), s.tmux_name),
        working_directory = coalesce(nullif($4, ''), s.working_directory)
      from old where s.id = old.id and old.status in ('starting', 'active', 'disconnected', 'lost')
      returning old.status as was`,
      [session.id, running.pid, clean(running.tmuxName), clean(running.workingDirectory)],
    );
    if (row?.was === "starting") {
      const details = { name: session.name, working_directory: clean(running.workingDirectory) };
      await record(tx, { type: "session.started", ...about(session), actor: await serverActor(tx, session), details });
    } else if (row && row.was !== "active") {
      await record(tx, statusChanged(session, "active", await serverActor(tx, session)));
    }
    return row?.was;
  });
  if (was === undefined) return false;
  if (running.tmuxName !== "") session.tmuxName = running.tmuxName;
  hub.sessions.change(session.id, { status: "active" });
  return true;
}

/** Where the terminal works, when a daemon found out later. */
export async function sessionMoved(hub: SessionHub, session: LiveSession, workingDirectory: string): Promise<void> {
  await hub.database.sql.query("update sessions set working_directory = $2 where id = $1", [
    session.id,
    clean(workingDirectory),
  ]);
}

/** The terminal is not reachable (its server is gone) or missing from a connected daemon's inventory. */
export async function sessionsMissing(
  hub: SessionHub,
  missing: readonly LiveSession[],
  status: "disconnected" | "lost",
): Promise<void> {
  if (missing.length === 0) return;
  const from = status === "lost" ? ["active", "disconnected"] : ["active"];
  const ids = await inTransaction(hub, async (tx) => {
    const rows = await tx.query<{ id: SessionId }>(
      "update sessions set status = $2 where id = any($1) and status = any($3) returning id",
      [missing.map(({ id }) => id), status, from],
    );
    const changed = new Set(rows.map(({ id }) => id));
    const sessions = missing.filter(({ id }) => changed.has(id));
    await record(tx, ...sessions.map((session) => statusChanged(session, status, actorOf(SYSTEM))));
    if (status === "lost") await expireLeases(tx, [...changed]);
    return changed;
  });
  for (const id of ids) hub.sessions.change(id, { status });
}

/** The program ended or never began. The session's token dies with it. False when it had ended already. */
export async function sessionEnded(hub: SessionHub, session: LiveSession, ending: Ending): Promise<boolean> {
  const exitCode = ending.status === "closed" ? ending.exitCode : null;
  const error = ending.status === "error" ? clean(ending.error) : null;
  const ended = await inTransaction(hub, async (tx) => {
    const [row] = await tx.query<{ token_hash: string | null }>(
      `with old as (select id, status, token_hash from sessions where id = $1 for update)
      update sessions s set status = $2, exit_code = $3, error = $4, closed_at = now(), token_hash = null,
        agent_status = case when $2 = 'closed' then 'exited' else s.agent_status end, waiting = null, ended_on_request = $5,
        limit_ends_at = case when s.limited_since is not null then coalesce(s.limit_ends_at, ${LIMIT_LASTS}) end
      from old where s.id = old.id and old.status in ('starting', 'active', 'disconnected', 'lost')
      returning old.token_hash`,
      [session.id, ending.status, exitCode, error, session.closedBy !== undefined],
    );
    if (!row) return undefined;
    await record(tx, endFact(session, ending, session.closedBy ?? (await serverActor(tx, session))));
    await expireLeases(tx, [session.id]);
    await askForAgent(tx, session, null);
    return row;
  });
  if (!ended) return false;
  if (ended.token_hash !== null) hub.forget(ended.token_hash);
  const agentStatus = ending.status === "closed" ? "exited" : session.agentStatus;
  hub.sessions.change(session.id, { status: ending.status, agentStatus });
  return true;
}

/** What the program in the terminal is doing now; `waiting` is what people are to be asked, if it waits for them. */
export async function agentStatusChanged(
  hub: SessionHub,
  session: LiveSession,
  agentStatus: AgentStatus,
  waiting: AgentWait | null = null,
): Promise<void> {
  const changed = await inTransaction(hub, async (tx) => {
    const wait = waiting && { ...waiting, text: clean(waiting.text), ...cleanOptions(waiting) };
    const [row] = await tx.query<{ waited_for: string | null }>(
      `with old as (select id, waiting from sessions where id = $1 for no key update)
      update sessions s set agent_status = $2, waiting = $3, limited_since = case
          when $3::jsonb ->> 'for' = 'usage_limit' then coalesce(s.limited_since, now()) end,
        limit_ends_at = case when $3::jsonb ->> 'for' = 'usage_limit' then ($3::jsonb ->> 'resets_at')::timestamptz end
      from old
        where s.id = old.id and (s.agent_status <> $2 or s.waiting is distinct from $3::jsonb)
        and s.status in ('starting', 'active', 'disconnected', 'lost') returning old.waiting ->> 'for' as waited_for`,
      [session.id, agentStatus, wait && JSON.stringify(wait)],
    );
    if (!row) return false;
    const details = { agent_status: agentStatus, ...(wait && { waiting: wait }) };
    const actor = await serverActor(tx, session);
    await record(tx, { type: "session.agent_status_changed", ...about(session), actor, details });
    await askForAgent(tx, session, wait);
    if (row.waited_for === "usage_limit" && wait?.for !== "usage_limit") await tx.query(FORGET_LIMIT, [session.id]);
    if (row.waited_for === "usage_limit" && agentStatus === "idle") await sayThatLimitIsOver(tx, session);
    return true;
  });
  if (changed) hub.sessions.change(session.id, { agentStatus, waiting });
}

/** Its machine says something about it that people should know; nothing of it changes. */
export const sessionWarned = (hub: SessionHub, session: LiveSession, text: string): Promise<void> =>
  inTransaction(hub, async (tx) => {
    const details = { name: session.name, text: clean(text) };
    await record(tx, { type: "session.warned", ...about(session), actor: await serverActor(tx, session), details });
  });

const cleanOptions = ({ options }: AgentWait) => (options ? { options: options.map(clean) } : {});

/** Whoever is gone gives no sign of life: its worker is lost from now on. */
async function expireLeases(tx: Tx, sessionIds: readonly SessionId[]): Promise<void> {
  await tx.query(
    `update engine.leases set expires_at = now()
     where session_id = any($1::uuid[]) and closed_at is null and expires_at > now()`,
    [sessionIds],
  );
}

async function inTransaction<T>(hub: SessionHub, work: (tx: Tx) => Promise<T>): Promise<T> {
  const result = await transaction(hub.database.pool, work);
  hub.events.wake();
  return result;
}

const about = (session: LiveSession) => ({
  project_id: session.projectId,
  session_id: session.id,
  server_id: session.serverId,
});

function statusChanged(session: LiveSession, status: SessionStatus, actor: Actor): Fact {
  return { type: "session.status_changed", ...about(session), actor, details: { name: session.name, status } };
}

function endFact(session: LiveSession, ending: Ending, actor: Actor): Fact {
  const { name } = session;
  return ending.status === "closed"
    ? { type: "session.closed", ...about(session), actor, details: { name, exit_code: ending.exitCode } }
    : { type: "session.error", ...about(session), actor, details: { name, error: clean(ending.error) } };
}

async function serverActor(tx: Tx, session: LiveSession): Promise<Actor> {
  const [server] = await tx.query<{ name: string }>("select name from servers where id = $1", [session.serverId]);
  return { type: "server", id: session.serverId, name: server?.name ?? "" };
}

/** A daemon's text as Postgres takes it: no NUL, no half of a surrogate pair. */
const clean = (text: string): string => Buffer.from(text.replaceAll("\0", "")).toString();
