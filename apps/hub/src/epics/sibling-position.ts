import { POSITION_STEP, positionBetween } from "@orchestratia/domain/sibling-order";
import { Problem } from "@orchestratia/protocol/problems";
import type { Tx } from "../db/transaction.ts";

/** Where among its siblings a task goes: after or before one of them, or to a place counted from 1; else to the end. */
export interface SiblingPlace {
  after?: string | null | undefined;
  before?: string | null | undefined;
  place?: number | null | undefined;
}

interface Sibling {
  id: string;
  position: number;
  archived: boolean;
}

const SIBLINGS = {
  name: "siblings",
  text: `select id, position, archived_at is not null as archived from tasks
    where parent_id = $1 and id is distinct from $2 order by position, number`,
};
const SPREAD = {
  name: "spread_siblings",
  text: `update tasks t set position = counted.place * $2
    from (select id, row_number() over (order by position, number)::int as place from tasks where parent_id = $1) as counted
    where t.id = counted.id`,
};

/**
 * The sort key for a task at that place under the parent. The caller holds the project's lock; siblings are numbered anew
 * only when two of them have no room between. Throws `invalid_request` for a neighbour that is no child of the parent.
 */
export async function siblingPosition(
  tx: Tx,
  parentId: string,
  place: SiblingPlace,
  taskId: string | null = null,
): Promise<number> {
  const between = async () => {
    const siblings = await tx.query<Sibling>(SIBLINGS, [parentId, taskId]);
    const at = indexOf(siblings, place);
    return positionBetween(siblings[at - 1]?.position, siblings[at]?.position);
  };
  const position = await between();
  if (position !== undefined) return position;
  await tx.query(SPREAD, [parentId, POSITION_STEP]);
  return (await between()) as number;
}

/** Archived siblings keep their place and are not counted. */
function indexOf(siblings: readonly Sibling[], { after, before, place }: SiblingPlace): number {
  const neighbour = after ?? before;
  if (neighbour) {
    const at = siblings.findIndex(({ id }) => id === neighbour);
    if (at < 0) throw new Problem("invalid_request", "The task to stand next to is not a child of the same parent.");
    return after ? at + 1 : at;
  }
  if (!place) return siblings.length;
  const shown = siblings.flatMap(({ archived }, at) => (archived ? [] : [at]));
  return shown[place - 1] ?? siblings.length;
}
