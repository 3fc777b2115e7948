import { Problem } from "@orchestratia/protocol/problems";
import { actorOf, type Caller } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { Users } from "./commands.ts";
import { endSignInsLocked } from "./end-sign-ins.ts";
import { lockUser } from "./lock-user.ts";

/** Ends whatever somebody could come in with, at once. Whoever is deactivated stays so. Throws user_not_found or last_admin. */
export async function deactivateUser(users: Users, caller: Caller, userId: string): Promise<void> {
  await transaction(users.database.pool, async (tx) => {
    const user = await lockUser(tx, caller, userId);
    if (user.deactivated_at) return;
    if (user.isLastAdmin) {
      throw new Problem("last_admin", `${user.name} is the hub's only admin. Make somebody else an admin first.`);
    }
    await tx.query("update admin_users set deactivated_at = now() where id = $1", [user.id]);
    await endSignInsLocked(tx, user.id);
    await tx.query("update hub.access_tokens set revoked_at = now() where user_id = $1 and revoked_at is null", [
      user.id,
    ]);
    await tx.query(
      "update hub.password_resets set revoked_at = now() where user_id = $1 and used_at is null and revoked_at is null",
      [user.id],
    );
    await record(tx, {
      type: "user.deactivated",
      project_id: null,
      actor: actorOf(caller),
      details: { user_id: user.id, email: user.email },
    });
  });
  users.identities.forgetUser(userId);
  users.events.wake();
}

/** Lets somebody sign in again. Throws user_not_found. */
export async function reactivateUser(users: Users, caller: Caller, userId: string): Promise<void> {
  await transaction(users.database.pool, async (tx) => {
    const user = await lockUser(tx, caller, userId);
    if (!user.deactivated_at) return;
    await tx.query("update admin_users set deactivated_at = null where id = $1", [user.id]);
    await record(tx, {
      type: "user.reactivated",
      project_id: null,
      actor: actorOf(caller),
      details: { user_id: user.id, email: user.email },
    });
  });
  users.events.wake();
}
