import path from "node:path";
import { newSecret, secretHash } from "../access/secret-hash.ts";
import type { Database } from "../db/database.ts";
import { transaction } from "../db/transaction.ts";
import { readOrMakePrivateFile } from "./private-file.ts";

const NAME = "local";

/**
 * Lets programs of the machine's owner act as the hub itself, before and after set-up: whoever may read
 * `local-token` (0600) in the hub's home could read its database as well.
 */
export async function keepLocalToken({ pool }: Database, home: string): Promise<void> {
  const token = await readOrMakePrivateFile(path.join(home, "local-token"), () => newSecret("orct_"));
  await transaction(pool, async (tx) => {
    const hash = secretHash(token.trim());
    // One from another home that used this database counts no more.
    await tx.query(
      "update hub.access_tokens set revoked_at = now() where user_id is null and name = $1 and token_hash <> $2 and revoked_at is null",
      [NAME, hash],
    );
    await tx.query(
      `insert into hub.access_tokens (name, token_hash) values ($1, $2)
       on conflict (token_hash) do update set revoked_at = null`,
      [NAME, hash],
    );
  });
}
