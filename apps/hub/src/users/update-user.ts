import { Problem } from "@orchestratia/protocol/problems";
import type { AccountChanges } from "@orchestratia/protocol/users";
import type { z } from "zod";
import { actorOf, type Caller } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { Users } from "./commands.ts";
import { lockUser } from "./lock-user.ts";
import { closeSetup } from "./setup-link.ts";

/** Changes somebody's name or role; what is open to them follows at once. Throws user_not_found or last_admin. */
export async function updateUser(
  users: Users,
  caller: Caller,
  userId: string,
  changes: z.output<typeof AccountChanges>,
): Promise<void> {
  await transaction(users.database.pool, async (tx) => {
    const user = await lockUser(tx, caller, userId);
    const { name = user.name, role = user.role } = changes;
    if (user.isLastAdmin && role !== "admin") {
      throw new Problem("last_admin", `${user.name} is the hub's only admin. Make somebody else an admin first.`);
    }
    if (role === "admin") await closeSetup(tx);
    await tx.query("update admin_users set name = $2, role = $3 where id = $1", [user.id, name, role]);
    const fact = { project_id: null, actor: actorOf(caller) } as const;
    const about = { user_id: user.id, email: user.email };
    if (role !== user.role) {
      await record(tx, { ...fact, type: "user.role_changed", details: { ...about, role, from: user.role } });
    }
    if (name !== user.name)
      await record(tx, { ...fact, type: "user.updated", details: { ...about, fields: ["name"] } });
  });
  users.identities.forgetUser(userId);
  users.events.wake();
}
