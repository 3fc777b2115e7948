import type { FamilyMember } from "@orchestratia/domain/sibling-order";
import type { Sql, Tx } from "../db/transaction.ts";
import { lockServers } from "../tasks/task-row.ts";

/** A member of a tree of tasks, as the order of its siblings needs it. */
export interface Relative extends FamilyMember {
  key: string;
  assignedServerId: string | null;
}

/** The whole trees that these tasks are in, from the topmost parent down. */
const FAMILY = {
  name: "family",
  text: `with recursive up(id, parent_id) as (
      select id, parent_id from tasks where id = any($1::uuid[])
      union
      select p.id, p.parent_id from up join tasks p on p.id = up.parent_id
    ), family(id) as (
      select id from up where parent_id is null
      union
      select c.id from family join tasks c on c.parent_id = family.id
    )
    select t.id, t.key, t.number, t.parent_id as "parentId", coalesce(t.position, 0) as position,
      t.status::text as status, t.archived_at is not null as archived, t.exec_mode as "execMode",
      t.assigned_server_id as "assignedServerId", t.type = 'epic'
        or t.epoch = 0 and exists (select from tasks child where child.parent_id = t.id) as "isContainer"
    from family join tasks t on t.id = family.id order by t.number`,
};

export function readFamily(sql: Sql, ids: readonly string[]): Promise<Relative[]> {
  return sql.query<Relative>(FAMILY, [ids]);
}

const LOCK = { name: "lock_family", text: "select id from tasks where id = any($1::uuid[]) order by id for update" };

/**
 * Before the order of a family may change: locks its rows and `others` in the order of their ids, then the servers whose
 * places may change. The caller holds the project's lock.
 */
export async function lockFamily(tx: Tx, ids: readonly string[], others: readonly string[] = []): Promise<void> {
  await lockMembers(tx, await readFamily(tx, ids), others);
}

/** The same for a new child, which changes nobody where nothing has an order: then `ids` and `others` alone are locked. */
export async function lockOrderedFamily(tx: Tx, ids: readonly string[], others: readonly string[]): Promise<void> {
  const family = await readFamily(tx, ids);
  const isOrdered = family.some(({ execMode }) => execMode === "seq");
  const members = isOrdered ? family : family.filter(({ id }) => ids.includes(id));
  await lockMembers(tx, members, others);
}

async function lockMembers(tx: Tx, members: readonly Relative[], others: readonly string[]): Promise<void> {
  await tx.query(LOCK, [[...new Set([...members.map(({ id }) => id), ...others])]]);
  await lockServers(
    tx,
    members.map(({ assignedServerId }) => assignedServerId),
  );
}
