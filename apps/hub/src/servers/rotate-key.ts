import type { RotatedServerKey } from "@orchestratia/protocol/server-keys";
import type { z } from "zod";
import { actorOf, type Caller } from "../access/caller.ts";
import { newSecret, secretHash } from "../access/secret-hash.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { ServerView } from "./queries.ts";
import { GOOD, getServerKey, namePrefix } from "./server-keys.ts";
import type { Servers } from "./servers.ts";

/** Makes a server another key; those that are good go on until the overlap is over, if they would last that long. */
export async function rotateKey(
  servers: Servers,
  caller: Caller,
  { id, name, project_id }: Pick<ServerView, "id" | "name" | "project_id">,
  overlapSeconds: number,
): Promise<z.input<typeof RotatedServerKey>> {
  const key = newSecret("orc_");
  const hash = secretHash(key);
  const { database, events } = servers;
  const rotated = await transaction(database.pool, async (tx) => {
    // The server's row first: of two rotations at once the later one sees the other's key.
    await tx.query("update servers set api_key_hash = $2 where id = $1", [id, hash]);
    await namePrefix(tx, hash, key);
    const others = await tx.query<{ key_hash: string }>(
      `update hub.server_keys k set expires_at = least(k.expires_at, now() + $3 * interval '1 second')
       where k.server_id = $1 and k.key_hash <> $2 and ${GOOD} returning k.key_hash`,
      [id, hash, overlapSeconds],
    );
    const [made] = await tx.query<{ id: string; until: Date }>(
      "select id, (now() + $2 * interval '1 second')::timestamptz(3) as until from hub.server_keys where key_hash = $1",
      [hash, overlapSeconds],
    );
    if (!made) throw new Error("the new key has no row");
    await record(tx, {
      type: "server.key_created",
      project_id,
      server_id: id,
      actor: actorOf(caller),
      details: { name, prefix: key.slice(0, 12), others_expire_at: made.until.toISOString() },
    });
    return { ...made, others };
  });
  events.wake();
  // What is kept in memory of the others does not know yet when they end.
  for (const { key_hash } of rotated.others) servers.forgetKey(key_hash);
  servers.onKeysEnding();
  return {
    key: await getServerKey(database.sql, id, rotated.id),
    api_key: key,
    others_expire_at: rotated.until.toISOString(),
  };
}
