import { SYSTEM } from "../access/caller.ts";
import { eachAlone } from "../events/each-alone.ts";
import { afterCommit, type Engine } from "../tasks/engine.ts";
import { inProject } from "../tasks/move.ts";
import { reopenLocked } from "../tasks/reopen-task.ts";
import { lockTasks } from "../tasks/task-row.ts";

/** Parents that their children settled, one of which is open again. */
const REOPENED = `select distinct p.id, p.project_id from tasks c join tasks p on p.id = c.parent_id
  where p.status = 'done' and (p.type = 'epic' or p.epoch = 0) and c.status not in ('done', 'failed', 'cancelled')`;
const NEAR = { name: "parents_to_reopen_near", text: `${REOPENED} and c.id = any($1::uuid[])` };
const ALL = { name: "parents_to_reopen", text: REOPENED };
const STILL = { name: "parent_to_reopen", text: `${REOPENED} and p.id = $1` };

interface Parent {
  id: string;
  project_id: string;
}

/** A child was taken up again: the parent that had been settled by its children opens with it. */
export async function reopenParentsNear(engine: Engine, taskIds: readonly string[]): Promise<void> {
  await reopen(engine, await engine.database.sql.query<Parent>(NEAR, [taskIds]));
}

/** The same for every parent there is. */
export async function reopenAllParents(engine: Engine): Promise<void> {
  await reopen(engine, await engine.database.sql.query<Parent>(ALL));
}

async function reopen(engine: Engine, parents: readonly Parent[]): Promise<void> {
  await eachAlone(parents, async ({ id, project_id }) => {
    const changes = await inProject(engine, project_id, async (tx) => {
      if ((await tx.query(STILL, [id])).length === 0) return undefined;
      const [parent] = await lockTasks(tx, [id]);
      return parent && reopenLocked(tx, SYSTEM, parent);
    });
    if (changes) afterCommit(engine, changes);
  });
}
