import type { Activity, ActivityType } from "@orchestratia/protocol/activity";
import { givenIds } from "../db/given-ids.ts";
import type { Bus } from "../events/bus.ts";
import { eachAlone } from "../events/each-alone.ts";
import { Reaction } from "../events/reaction.ts";
import type { Engine } from "../tasks/engine.ts";
import { keepAllFamilies, keepFamiliesNear } from "./keep-families.ts";
import { reopenAllParents, reopenParentsNear } from "./reopen-parents.ts";
import { settleAllParents, settleParentsNear } from "./settle-parents.ts";

/** After these another child may be the one to wait for, or a parent's last child may have settled. */
const FACTS: readonly ActivityType[] = [
  "task.created",
  "task.placed",
  "task.completed",
  "task.failed",
  "task.cancelled",
  "task.unassigned",
  "task.requeued",
  "task.retried",
  "task.reopened",
  "task.archived",
  "task.unarchived",
  "task.unblocked",
];

/**
 * What follows in families of tasks from what happens to their members: a parent opens again with its children, the order
 * of siblings is kept, and parents roll up.
 */
export const families = (engine: Engine, bus: Bus): Reaction =>
  new Reaction({
    name: "families",
    bus,
    log: engine.log,
    on: FACTS,
    async onFacts(facts) {
      const near = await related(engine, [...new Set(facts.flatMap(concerned))]);
      if (near.length === 0) return;
      await eachAlone([reopenParentsNear, keepFamiliesNear, settleParentsNear], (step) => step(engine, near));
    },
    async rederive() {
      await eachAlone([reopenAllParents, keepAllFamilies, settleAllParents], (step) => step(engine));
    },
  });

const RELATED = {
  name: "tasks_with_family",
  text: `select t.id from tasks t where t.id = any(${givenIds(1)})
    and (t.parent_id is not null or exists (select from tasks child where child.parent_id = t.id))`,
};

/** Most tasks have neither parent nor children, and nothing follows. */
async function related(engine: Engine, taskIds: readonly string[]): Promise<string[]> {
  const rows = await engine.database.sql.query<{ id: string }>(RELATED, [taskIds]);
  return rows.map(({ id }) => id);
}

/** The task of the fact, and the parent that it left. */
function concerned({ task_id, details }: Activity): string[] {
  const { from_parent_id: left } = details;
  return [...(task_id === null ? [] : [task_id]), ...(typeof left === "string" ? [left] : [])];
}
