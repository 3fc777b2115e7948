import type { MadePasswordReset, OpenPasswordReset, ResetPassword } from "@orchestratia/protocol/password-resets";
import { Problem } from "@orchestratia/protocol/problems";
import type { UserId } from "@orchestratia/protocol/vocabulary";
import type { z } from "zod";
import { actorOf, type Caller } from "../access/caller.ts";
import { newSecret, secretHash } from "../access/secret-hash.ts";
import { type Sql, type Tx, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { SignedIn, Users } from "./commands.ts";
import { endSignInsLocked } from "./end-sign-ins.ts";
import { noSuchLink } from "./invitations.ts";
import { lockUser } from "./lock-user.ts";
import { mustBeStrongPassword } from "./password-rule.ts";
import { hashPassword } from "./passwords.ts";
import { type Origin, openSignIn } from "./sign-ins.ts";
import type { UserRow } from "./user-row.ts";

const LIFETIME = "24 hours";

/** Makes a link; only its token's hash is kept. Throws user_not_found, user_deactivated or forbidden. */
export async function createPasswordReset(
  { database, events, publicUrl }: Pick<Users, "database" | "events"> & { publicUrl: () => string },
  caller: Caller,
  userId: string,
): Promise<z.input<typeof MadePasswordReset>> {
  const token = newSecret("");
  const expiresAt = await transaction(database.pool, async (tx) => {
    const user = await lockUser(tx, caller, userId);
    if (user.deactivated_at) throw new Problem("user_deactivated", `${user.name}'s account is deactivated.`);
    await tx.query(
      "update hub.password_resets set revoked_at = now() where user_id = $1 and used_at is null and revoked_at is null",
      [user.id],
    );
    const [made] = await tx.query<{ expires_at: Date }>(
      `insert into hub.password_resets (token_hash, user_id, created_by, expires_at)
       values ($1, $2, $3, now() + interval '${LIFETIME}') returning expires_at`,
      [secretHash(token), user.id, caller.kind === "user" ? caller.id : null],
    );
    if (!made) throw new Error("an insert without a condition has one row");
    await record(tx, {
      type: "password_reset.created",
      project_id: null,
      actor: actorOf(caller),
      details: { user_id: user.id, email: user.email },
    });
    return made.expires_at;
  });
  events.wake();
  return { token, link: `${publicUrl()}/reset?token=${token}`, expires_at: expiresAt.toISOString() };
}

interface OpenReset {
  expires_at: Date;
  user: UserRow & { id: UserId };
}

/** Whose password the link sets. Throws token_invalid. */
export async function viewPasswordReset(sql: Sql, token: string): Promise<z.input<typeof OpenPasswordReset>> {
  const { user, expires_at } = await openReset(sql, token);
  return { name: user.name, email: user.email, expires_at: expires_at.toISOString() };
}

/** Sets the password, ends every sign-in of the account and opens a new one. Throws token_invalid or password_weak. */
export async function resetPassword(
  users: Users,
  { token, password }: z.output<typeof ResetPassword>,
  from: Origin,
): Promise<SignedIn> {
  const { database, identities, events, tokens } = users;
  // Looked at first, so that a stranger cannot make the hub hash passwords.
  const { user } = await openReset(database.sql, token);
  mustBeStrongPassword(password, user);
  const passwordHash = await hashPassword(password);
  const signedIn = await transaction(database.pool, async (tx) => {
    await spendReset(tx, token, user.id);
    await tx.query("update admin_users set password_hash = $2 where id = $1", [user.id, passwordHash]);
    await endSignInsLocked(tx, user.id);
    const opened = await openSignIn(tx, tokens, user.id, from);
    const fact = { project_id: null, actor: { type: "user", id: user.id, name: user.name } } as const;
    await record(
      tx,
      { type: "password_reset.used", ...fact, details: { user_id: user.id, email: user.email } },
      { type: "user.signed_in", ...fact, details: { sign_in_id: opened.signInId, address: from.address } },
    );
    return { user, ...opened };
  });
  identities.forgetUser(user.id);
  events.wake();
  return signedIn;
}

/** Only as long as whoever made it could still make it. */
const GOOD = `(r.used_at is null and r.revoked_at is null and r.expires_at > now() and (r.created_by is null or exists (
  select from admin_users maker where maker.id = r.created_by and maker.role = 'admin' and maker.deactivated_at is null)))`;

async function openReset(sql: Sql, token: string): Promise<OpenReset> {
  const [row] = await sql.query<UserRow & { id: UserId; expires_at: Date }>(
    `select u.id, u.email, u.name, u.role, u.created_at, r.expires_at
     from hub.password_resets r join admin_users u on u.id = r.user_id
     where r.token_hash = $1 and u.deactivated_at is null and ${GOOD}`,
    [secretHash(token)],
  );
  if (!row) throw noSuchLink();
  const { expires_at, ...user } = row;
  return { expires_at, user };
}

/** The account first, as whoever makes a link does. Of two who use one link at once the second is refused. */
async function spendReset(tx: Tx, token: string, userId: string): Promise<void> {
  await tx.query("select from admin_users where id = $1 for no key update", [userId]);
  const won = await tx.query(
    `update hub.password_resets r set used_at = now() from admin_users u
     where r.token_hash = $1 and u.id = r.user_id and u.deactivated_at is null and ${GOOD} returning r.token_hash`,
    [secretHash(token)],
  );
  if (won.length === 0) throw noSuchLink();
}
