import { Problem } from "@orchestratia/protocol/problems";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import type { Remote } from "./remote.ts";

const WITHIN_MS = 10_000;

/**
 * What has scrolled off the session's screen, from its daemon. Answers carry no number: whoever waits for the session's
 * takes the next one. Throws session_not_found, session_not_live, server_unreachable, daemon_lacks, daemon_silent.
 */
export async function captureScrollback(
  { hub, scrollbacks, scrollbackMs = WITHIN_MS }: Remote,
  projectId: ProjectId,
  sessionId: string,
): Promise<{ session_id: string; lines: string[] }> {
  const session = hub.sessions.get(sessionId);
  if (session?.projectId !== projectId) {
    const [ended] = await hub.database.sql.query("select from sessions where id = $1 and project_id = $2", [
      sessionId,
      projectId,
    ]);
    throw new Problem(ended ? "session_not_live" : "session_not_found");
  }
  const { id: session_id, serverId } = session;
  const { lines, error } = await scrollbacks.ask({
    serverId,
    key: session_id,
    withinMs: scrollbackMs,
    send: () => hub.connections.send(serverId, { type: "capture_scrollback", session_id }),
  });
  if (error) throw new Problem("daemon_lacks", `The daemon could not read it: ${error}`);
  return { session_id, lines };
}
