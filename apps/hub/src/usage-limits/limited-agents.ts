import type { LiveSessions } from "../sessions/live-sessions.ts";

/**
 * The agents of a server that have reached their usage limit: one of their sessions says so, and the time at which the limit
 * ends, where it is known, has not come. A limit is of an account, so it holds for the agent's other sessions there too.
 */
export function limitedAgents(sessions: LiveSessions, serverId: string): ReadonlySet<string> {
  const now = Date.now();
  const limited = sessions.ofServer(serverId).filter(({ status, waiting }) => {
    if (waiting?.for !== "usage_limit" || status === "lost") return false;
    return waiting.resets_at === undefined || Date.parse(waiting.resets_at) > now;
  });
  return new Set(limited.map(({ agent }) => agent));
}
