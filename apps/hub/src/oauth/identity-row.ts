import type { UserId } from "@orchestratia/protocol/vocabulary";
import { advisoryLockKeys } from "../db/advisory-lock-keys.ts";
import type { Tx } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { UserRow } from "../users/user-row.ts";
import type { Profile } from "./profile.ts";

export interface IdentityUser extends UserRow {
  id: UserId;
  deactivated_at: Date | null;
}

/**
 * Whose account somebody at a provider is linked to; undefined: nobody's. Until the end of the transaction nobody else
 * links the same one, and the account is not deactivated.
 */
export async function lockIdentity(
  tx: Tx,
  providerId: string,
  { issuer, subject }: Profile,
): Promise<IdentityUser | undefined> {
  await tx.query(`select pg_advisory_xact_lock(${advisoryLockKeys.oauthSubjects}, hashtext($1))`, [
    JSON.stringify([providerId, issuer, subject]),
  ]);
  const [user] = await tx.query<IdentityUser>(
    `select u.id, u.email, u.name, u.role, u.created_at, u.deactivated_at
     from hub.oauth_identities i join admin_users u on u.id = i.user_id
     where i.provider = $1 and i.issuer = $2 and i.subject = $3 for share of u`,
    [providerId, issuer, subject],
  );
  return user;
}

/** Links an account that nobody has linked (`lockIdentity`). */
export async function linkLocked(
  tx: Tx,
  providerId: string,
  { issuer, subject, email }: Profile,
  user: UserRow & { id: UserId },
): Promise<void> {
  await tx.query(
    "insert into hub.oauth_identities (provider, issuer, subject, user_id, email) values ($1, $2, $3, $4, $5)",
    [providerId, issuer, subject, user.id, email ?? null],
  );
  await record(tx, {
    type: "user.identity_linked",
    project_id: null,
    actor: { type: "user", id: user.id, name: user.name },
    details: { user_id: user.id, email: user.email, provider: providerId },
  });
}
