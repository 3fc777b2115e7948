import type { LiveSession } from "./live-sessions.ts";
import type { SessionHub } from "./session-hub.ts";

/** The terminal takes the size, and gets it again when its daemon finds it again. */
export async function resizeSession(hub: SessionHub, session: LiveSession, cols: number, rows: number): Promise<void> {
  if (session.cols === cols && session.rows === rows) return;
  if (hub.sessions.get(session.id) !== session) return;
  Object.assign(session, { cols, rows });
  // A version 2 daemon says itself from which byte on.
  if (!session.feed.isExact) session.output.resized({ offset: session.output.end, cols, rows });
  hub.connections.send(session.serverId, { type: "session_resize", session_id: session.id, cols, rows });
  await hub.database.sql.query("update sessions set cols = $2, rows = $3 where id = $1", [session.id, cols, rows]);
}
