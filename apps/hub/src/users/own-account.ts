import type { User } from "@orchestratia/protocol/people";
import { Problem } from "@orchestratia/protocol/problems";
import type { OwnChanges, PasswordChange } from "@orchestratia/protocol/users";
import type { z } from "zod";
import { actorOf, type Caller } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { Users } from "./commands.ts";
import { endSignInsLocked } from "./end-sign-ins.ts";
import { mustBeStrongPassword } from "./password-rule.ts";
import { hashPassword, isPassword } from "./passwords.ts";
import { toUser, type UserRow } from "./user-row.ts";

type Person = Extract<Caller, { kind: "user" }>;

/** Changes the caller's own name. */
export async function updateMe(
  users: Users,
  caller: Person,
  { name }: z.output<typeof OwnChanges>,
): Promise<z.input<typeof User>> {
  const changed = await transaction(users.database.pool, async (tx) => {
    const [user] = await tx.query<UserRow>(
      "update admin_users set name = $2 where id = $1 returning id, email, name, role, created_at",
      [caller.id, name],
    );
    if (!user) throw new Problem("unauthenticated");
    if (name !== caller.name) {
      const details = { user_id: caller.id, email: user.email, fields: ["name"] };
      await record(tx, { type: "user.updated", project_id: null, actor: actorOf(caller), details });
    }
    return toUser(user);
  });
  users.identities.forgetUser(caller.id);
  users.events.wake();
  return changed;
}

export interface PasswordChangeBy {
  caller: Person;
  /** The sign-in that goes on. */
  signInId: string;
  address: string;
}

/**
 * Changes the caller's password and ends their other sign-ins; links that were made to set another one serve no more.
 * Returns how many sign-ins ended. Throws wrong_password, password_weak, or too_many_requests after repeated failures.
 */
export async function changePassword(
  users: Users,
  { caller, signInId, address }: PasswordChangeBy,
  given: z.output<typeof PasswordChange>,
): Promise<number> {
  const { database, attempts } = users;
  const [user] = await database.sql.query<{ password_hash: string | null; email: string; name: string }>(
    "select email, name, password_hash from admin_users where id = $1",
    [caller.id],
  );
  if (!user?.password_hash) {
    throw new Problem("wrong_password", "You have no password yet. An admin can make you a link to set one.");
  }
  const attempt = { address, email: user.email, isKnown: true };
  attempts.begin(attempt);
  const isRight = await isPassword(given.old_password, user.password_hash).catch((error) => {
    attempts.notTried(attempt);
    throw error;
  });
  if (!isRight) {
    throw new Problem("wrong_password", "The old password is not right.");
  }
  attempts.succeeded(attempt);
  if (given.password === given.old_password) throw new Problem("password_weak", "This is the old password.");
  mustBeStrongPassword(given.password, user);
  const passwordHash = await hashPassword(given.password);

  const ended = await transaction(database.pool, async (tx) => {
    // Of two who change it side by side, one has the right old password.
    const won = await tx.query(
      `update admin_users set password_hash = $3 where id = $1 and password_hash = $2 and deactivated_at is null
       returning id`,
      [caller.id, user.password_hash, passwordHash],
    );
    if (won.length === 0) throw new Problem("wrong_password", "The password was changed meanwhile.");
    await tx.query(
      "update hub.password_resets set revoked_at = now() where user_id = $1 and used_at is null and revoked_at is null",
      [caller.id],
    );
    await record(tx, {
      type: "user.password_changed",
      project_id: null,
      actor: actorOf(caller),
      details: { user_id: caller.id, email: user.email },
    });
    return endSignInsLocked(tx, caller.id, signInId);
  });
  users.identities.forgetUser(caller.id);
  users.events.wake();
  return ended.length;
}
