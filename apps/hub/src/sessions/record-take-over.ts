import type { Caller } from "../access/caller.ts";
import { actorOf } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { LiveSession } from "./live-sessions.ts";
import type { SessionHub } from "./session-hub.ts";

/** Somebody takes the keyboard of a terminal from somebody else. */
export async function recordTakeOver(
  hub: SessionHub,
  session: LiveSession,
  caller: Caller,
  names: { from: string; to: string },
): Promise<void> {
  await transaction(hub.database.pool, (tx) =>
    record(tx, {
      type: "session.taken_over",
      project_id: session.projectId,
      session_id: session.id,
      server_id: session.serverId,
      actor: actorOf(caller),
      details: names,
    }),
  );
  hub.events.wake();
}
