import { Problem } from "@orchestratia/protocol/problems";
import type { ServerKey } from "@orchestratia/protocol/server-keys";
import type { Sql } from "../db/transaction.ts";

interface Row {
  id: string;
  prefix: string;
  created_at: Date;
  last_used_at: Date | null;
  expires_at: Date | null;
  revoked_at: Date | null;
  good: boolean;
}

/** True of a row `k` of hub.server_keys that opens something. */
export const GOOD = "k.revoked_at is null and (k.expires_at is null or k.expires_at > now())";
const COLUMNS = `k.id, k.prefix, k.created_at, k.last_used_at, k.expires_at, k.revoked_at, (${GOOD}) as good`;
const MOST = 100;

export async function listServerKeys(sql: Sql, serverId: string): Promise<ServerKey[]> {
  const rows = await sql.query<Row>(
    `select ${COLUMNS} from hub.server_keys k where k.server_id = $1 order by k.created_at desc, k.id limit ${MOST}`,
    [serverId],
  );
  return rows.map(toKey);
}

/** Throws server_key_not_found. */
export async function getServerKey(sql: Sql, serverId: string, keyId: string): Promise<ServerKey> {
  const [row] = await sql.query<Row>(`select ${COLUMNS} from hub.server_keys k where k.server_id = $1 and k.id = $2`, [
    serverId,
    keyId,
  ]);
  if (!row) throw new Problem("server_key_not_found", "The server has no such key.");
  return toKey(row);
}

const PREFIX_LENGTH = 12;

/** Names the key that was just written with the server's row by its first characters. */
export async function namePrefix(sql: Sql, keyHash: string, key: string): Promise<void> {
  await sql.query("update hub.server_keys set prefix = $2 where key_hash = $1", [keyHash, key.slice(0, PREFIX_LENGTH)]);
}

/** Ends every good key of the server but this one; answers their hashes. */
export async function revokeOtherKeys(sql: Sql, serverId: string, keyHash: string): Promise<string[]> {
  const rows = await sql.query<{ key_hash: string }>(
    `update hub.server_keys k set revoked_at = now() where k.server_id = $1 and k.key_hash <> $2 and ${GOOD}
     returning k.key_hash`,
    [serverId, keyHash],
  );
  return rows.map(({ key_hash }) => key_hash);
}

const toKey = (row: Row): ServerKey => ({
  ...row,
  created_at: row.created_at.toISOString(),
  last_used_at: row.last_used_at?.toISOString() ?? null,
  expires_at: row.expires_at?.toISOString() ?? null,
  revoked_at: row.revoked_at?.toISOString() ?? null,
});
