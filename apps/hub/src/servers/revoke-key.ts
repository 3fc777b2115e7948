import { actorOf, type Caller } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { ServerView } from "./queries.ts";
import { getServerKey } from "./server-keys.ts";
import type { Servers } from "./servers.ts";

/** Ends a key and what it opened; one that has ended already stays as it is. Throws server_key_not_found. */
export async function revokeKey(
  servers: Servers,
  caller: Caller,
  { id, name, project_id }: Pick<ServerView, "id" | "name" | "project_id">,
  keyId: string,
): Promise<void> {
  const { database, events } = servers;
  const { prefix } = await getServerKey(database.sql, id, keyId);
  const [ended] = await transaction(database.pool, async (tx) => {
    const rows = await tx.query<{ key_hash: string }>(
      `update hub.server_keys set revoked_at = now() where server_id = $1 and id = $2 and revoked_at is null
       returning key_hash`,
      [id, keyId],
    );
    if (rows.length > 0) {
      await record(tx, {
        type: "server.key_revoked",
        project_id,
        server_id: id,
        actor: actorOf(caller),
        details: { name, prefix },
      });
    }
    return rows;
  });
  if (!ended) return;
  events.wake();
  servers.onKeysEnded(id, [ended.key_hash], "the key was revoked");
}
