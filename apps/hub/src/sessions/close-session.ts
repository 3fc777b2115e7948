import { Problem } from "@orchestratia/protocol/problems";
import { actorOf, type Caller } from "../access/caller.ts";
import type { SessionHub } from "./session-hub.ts";
import { sessionEnded } from "./session-status.ts";

const ASK = { name: "ask_for_sessions_end", text: "update sessions set end_asked_by = $2 where id = $1" };

/**
 * Ends a session's program: the daemon is asked and its `session_closed` settles the row. A session whose daemon
 * cannot be asked, or no longer has it, is closed at once; should it come back, the inventory closes it there too. That
 * its end was asked for is written down first: the hub may not live to hear of it.
 * Throws session_not_live.
 */
export async function closeSession(hub: SessionHub, caller: Caller, sessionId: string): Promise<void> {
  const session = hub.sessions.get(sessionId);
  if (!session) throw new Problem("session_not_live");
  const before = session.closedBy;
  const asker = actorOf(caller);
  session.closedBy = asker;
  try {
    await hub.database.sql.query(ASK, [session.id, JSON.stringify(asker)]);
  } catch (error) {
    if (before === undefined && session.closedBy === asker) delete session.closedBy;
    throw error;
  }
  const asked = hub.connections.send(session.serverId, { type: "session_close", session_id: session.id });
  if (!asked || session.status === "lost") await sessionEnded(hub, session, { status: "closed", exitCode: null });
}
