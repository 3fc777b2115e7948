import type { Tx } from "../db/transaction.ts";

/**
 * Ends a person's sign-ins, but for the one that goes on. After the commit say `identities.forgetUser`, which reaches
 * requests and open sockets. Returns what was ended.
 */
export async function endSignInsLocked(tx: Tx, userId: string, except: string | null = null): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `update hub.sign_ins set revoked_at = now()
     where user_id = $1 and revoked_at is null and expires_at > now() and id is distinct from $2::uuid returning id`,
    [userId, except],
  );
  return rows.map(({ id }) => id);
}
