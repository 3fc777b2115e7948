import { SYSTEM } from "../access/caller.ts";
import { eachAlone } from "../events/each-alone.ts";
import { afterCommit, type Engine } from "../tasks/engine.ts";
import { inProject } from "../tasks/move.ts";
import { lockFamily } from "./family.ts";
import { keepOrder, orderIsStale } from "./order-edges.ts";

/** The topmost parents of the given tasks whose families have an order. */
const ORDERED_NEAR = {
  name: "ordered_families_near",
  text: `with recursive up(id, parent_id, is_ordered) as (
      select id, parent_id, exec_mode is not distinct from 'seq' from tasks
      where id = any($1::uuid[]) and (parent_id is not null or exec_mode is not null)
      union
      select p.id, p.parent_id, up.is_ordered or p.exec_mode is not distinct from 'seq'
      from up join tasks p on p.id = up.parent_id
    )
    select distinct t.id, t.project_id from up join tasks t on t.id = up.id where up.parent_id is null and up.is_ordered`,
};
/** Those of all families in which something may still happen. */
const ORDERED = {
  name: "ordered_families",
  text: `with recursive up(id, parent_id) as (
      select p.id, p.parent_id from tasks p
      where p.exec_mode = 'seq' and exists (select from tasks c where c.parent_id = p.id and c.status in ('pending', 'assigned'))
      union
      select p.id, p.parent_id from up join tasks p on p.id = up.parent_id
    )
    select distinct t.id, t.project_id from up join tasks t on t.id = up.id where up.parent_id is null`,
};

interface Family {
  /** The topmost parent. */
  id: string;
  project_id: string;
}

/** Brings the order edges of the families of these tasks up to date. */
export async function keepFamiliesNear(engine: Engine, taskIds: readonly string[]): Promise<void> {
  await keepFamilies(engine, await engine.database.sql.query(ORDERED_NEAR, [taskIds]));
}

/** The same for every family there is. */
export async function keepAllFamilies(engine: Engine): Promise<void> {
  await keepFamilies(engine, await engine.database.sql.query(ORDERED));
}

async function keepFamilies(engine: Engine, families: readonly Family[]): Promise<void> {
  await eachAlone(families, async ({ id, project_id }) => {
    // Read without a lock first: most of the time nothing is to do.
    if (!(await orderIsStale(engine.database.sql, [id]))) return;
    const changes = await inProject(engine, project_id, async (tx) => {
      await lockFamily(tx, [id]);
      return keepOrder(tx, SYSTEM, project_id, [id], "leave_out");
    });
    afterCommit(engine, { projectId: project_id, ...changes });
  });
}
