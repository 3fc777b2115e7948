import { Problem } from "@orchestratia/protocol/problems";
import type { Caller } from "../access/caller.ts";
import { actorOf } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { SessionHub } from "./session-hub.ts";
import { agentStatusChanged } from "./session-status.ts";

const READY = {
  name: "mark_session_ready",
  text: `update sessions set launched_at = coalesce(launched_at, now()), agent = $2
    where id = $1 and status = 'active' returning name`,
};

/**
 * A person says that an agent runs in the session and waits at its prompt: work may be typed into it. For daemons that do
 * not say so themselves. Throws session_not_live, session_tells_status.
 */
export async function markSessionReady(
  hub: SessionHub,
  caller: Caller,
  sessionId: string,
  agent: string | undefined,
): Promise<void> {
  const session = hub.sessions.get(sessionId);
  if (!session) throw new Problem("session_not_live");
  if (session.tellsStatus) {
    throw new Problem("session_tells_status", `The daemon of ${session.name} says itself what its agent does.`);
  }
  const runs = agent ?? (session.agent === "shell" ? "claude" : session.agent);
  await transaction(hub.database.pool, async (tx) => {
    const [ready] = await tx.query<{ name: string }>(READY, [session.id, runs]);
    if (!ready) throw new Problem("session_not_live");
    await record(tx, {
      type: "session.marked_ready",
      project_id: session.projectId,
      session_id: session.id,
      server_id: session.serverId,
      actor: actorOf(caller),
      details: { name: ready.name, agent: runs },
    });
  });
  session.agent = runs;
  session.launched = true;
  session.agentSeen = true;
  session.typedInto = false;
  await agentStatusChanged(hub, session, "idle");
}
