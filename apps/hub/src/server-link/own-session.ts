import type { LiveSession } from "../sessions/live-sessions.ts";
import type { FrameContext } from "./frames.ts";

/** A daemon's own session that may still run: it speaks for no others. */
export function ownSession({ hub, connection }: FrameContext, id: string): LiveSession | undefined {
  const session = hub.sessions.get(id);
  return session?.serverId === connection.serverId ? session : undefined;
}
