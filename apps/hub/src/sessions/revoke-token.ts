import type { ProjectId, SessionId } from "@orchestratia/protocol/vocabulary";
import { actorOf, type Caller } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { SessionHub } from "./session-hub.ts";

/** Ends a session's token; the program in the session goes on and can no longer report. Done twice it is done once. */
export async function revokeSessionToken(
  { database, events, forget }: SessionHub,
  caller: Caller,
  { id, name, project_id }: { id: SessionId; name: string; project_id: ProjectId },
): Promise<void> {
  const hash = await transaction(database.pool, async (tx) => {
    const [was] = await tx.query<{ token_hash: string }>(
      "select token_hash from sessions where id = $1 and token_hash is not null for update",
      [id],
    );
    if (!was) return undefined;
    await tx.query("update sessions set token_hash = null where id = $1", [id]);
    await record(tx, {
      type: "session.token_revoked",
      project_id,
      session_id: id,
      actor: actorOf(caller),
      details: { name },
    });
    return was.token_hash;
  });
  if (hash === undefined) return;
  forget(hash);
  events.wake();
}
