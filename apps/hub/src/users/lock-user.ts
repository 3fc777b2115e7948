import { Problem } from "@orchestratia/protocol/problems";
import type { UserId } from "@orchestratia/protocol/vocabulary";
import type { Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";

export interface LockedUser {
  id: UserId;
  email: string;
  name: string;
  role: "admin" | "viewer";
  deactivated_at: Date | null;
  /** True when without them nobody could administer the hub. */
  isLastAdmin: boolean;
}

/**
 * Locks every active admin, always in the same order, then the account: of two admins who demote each other the second
 * sees what the first has done. Throws forbidden for a caller who was an admin and is none by now, and user_not_found.
 */
export async function lockUser(tx: Tx, caller: Caller, userId: string): Promise<LockedUser> {
  const admins = await tx.query<{ id: string }>(
    "select id from admin_users where role = 'admin' and deactivated_at is null order by id for no key update",
  );
  if (caller.kind === "user" && !admins.some(({ id }) => id === caller.id)) {
    throw new Problem("forbidden", "You are no admin of the hub any more.");
  }
  const [user] = await tx.query<Omit<LockedUser, "isLastAdmin">>(
    "select id, email, name, role, deactivated_at from admin_users where id = $1 for no key update",
    [userId],
  );
  if (!user) throw new Problem("user_not_found");
  return { ...user, isLastAdmin: admins.length === 1 && admins[0]?.id === user.id };
}
