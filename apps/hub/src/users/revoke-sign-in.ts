import { Problem } from "@orchestratia/protocol/problems";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Identity } from "../access/find-identity.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { Users } from "./commands.ts";
import { IS_OPEN, SIGN_IN_COLUMNS, type SignInRow, type SignInView, toSignIn } from "./sign-in-list.ts";

/** Ends a sign-in of the caller's own, or for an admin anybody's. Throws sign_in_not_found. */
export async function revokeSignIn(
  users: Users,
  caller: Extract<Caller, { kind: "user" }>,
  { signInId, current }: { signInId: string; current: string | undefined },
): Promise<SignInView> {
  const revoked = await transaction(users.database.pool, async (tx) => {
    const [row] = await tx.query<SignInRow & { email: string }>(
      `update hub.sign_ins s set revoked_at = now() from admin_users u
       where s.id = $1 and ${IS_OPEN} and u.id = s.user_id and ($2 or s.user_id = $3) returning ${SIGN_IN_COLUMNS}, u.email`,
      [signInId, caller.role === "admin", caller.id],
    );
    if (!row) throw new Problem("sign_in_not_found");
    await record(tx, {
      type: "user.sign_in_revoked",
      project_id: null,
      actor: actorOf(caller),
      details: { user_id: row.user_id, email: row.email, sign_in_id: row.id },
    });
    return toSignIn(row, current);
  });
  users.identities.forgetSignIn(signInId);
  users.events.wake();
  return revoked;
}

/** Ends the sign-in that asks, wherever its token is used. A token that is no sign-in stays as it is. */
export async function signOut(users: Users, { caller, signInId }: Identity): Promise<void> {
  if (signInId === undefined) return;
  await transaction(users.database.pool, async (tx) => {
    const ended = await tx.query(
      "update hub.sign_ins set revoked_at = now() where id = $1 and revoked_at is null returning id",
      [signInId],
    );
    if (ended.length === 0) return;
    await record(tx, {
      type: "user.signed_out",
      project_id: null,
      actor: actorOf(caller),
      details: { sign_in_id: signInId },
    });
  });
  users.identities.forgetSignIn(signInId);
  users.events.wake();
}
