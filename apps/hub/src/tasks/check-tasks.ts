import type { SessionRole } from "@orchestratia/domain/vocabulary";
import { Problem } from "@orchestratia/protocol/problems";
import type { Task } from "@orchestratia/protocol/tasks";
import type { ServerId, SessionId } from "@orchestratia/protocol/vocabulary";
import type { AgentCaller } from "../access/agent-powers.ts";
import type { Sql } from "../db/transaction.ts";
import { type TaskSources, tasksOfServer, tasksOfSession } from "./queries.ts";

interface CheckingSession {
  id: SessionId;
  serverId: ServerId;
  role: SessionRole;
}

const SESSION = {
  name: "session_of_server",
  text: `select id, server_id as "serverId", role from sessions where server_id = $1 and id::text = $2`,
};

/**
 * What is on the caller's plate: unsettled, what was begun first, what still waits for others last. A session that holds
 * no task of its own, but such that wait for others, also sees what its server was given and nobody has taken. A server's
 * key asks for one of its sessions, or for all of them. Throws session_not_found.
 */
export async function checkTasks(sources: TaskSources, caller: AgentCaller, sessionId?: string): Promise<Task[]> {
  const asker = { caller, mayWrite: true };
  if (caller.kind === "session") return tasksOfSession(sources, withOffers(caller), asker);
  if (!sessionId) return tasksOfServer(sources, caller, asker);
  const session = await sessionOfServer(sources.database.sql, caller.id, sessionId);
  return tasksOfSession(sources, withOffers(session), asker);
}

const withOffers = (session: CheckingSession) => ({ ...session, offers: session.role === "worker" });

async function sessionOfServer(sql: Sql, serverId: ServerId, sessionId: string): Promise<CheckingSession> {
  const [session] = await sql.query<CheckingSession>(SESSION, [serverId, sessionId.toLowerCase()]);
  if (!session) throw new Problem("session_not_found", `This server has no session ${sessionId}.`);
  return session;
}
