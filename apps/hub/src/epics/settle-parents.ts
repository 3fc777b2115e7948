import { actorOf, SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { eachAlone } from "../events/each-alone.ts";
import { raiseHubQuestion, withdrawHubQuestions } from "../interventions/hub-question.ts";
import { afterCommit, type Engine } from "../tasks/engine.ts";
import { inProject } from "../tasks/move.ts";
import { CHILDREN_FAILED, CHILDREN_FAILED_OPTIONS } from "./children-failed.ts";
import { CHILDREN_SETTLED, CHILDREN_SETTLED_OPTIONS } from "./children-settled.ts";
import { rollUpLocked } from "./roll-up.ts";

/** A parent that is settled by its children, and how they stand. */
interface Parent {
  id: string;
  project_id: string;
  key: string;
  unsettled: number;
  done: number;
  /** The questions about its children that are open. */
  asked: string[];
  /** It was reopened after its last child settled. */
  reopened: boolean;
  /** Somebody said after that to leave it. */
  left: string[];
}

const SETTLED = "('done', 'failed', 'cancelled')";
const CAUSES = [CHILDREN_FAILED, CHILDREN_SETTLED];
const CAUSE_LIST = `('${CAUSES.join("', '")}')`;

const isParent = (task: string) => `${task}.status = 'pending' and (${task}.type = 'epic' or ${task}.epoch = 0)`;

/** Of the given tasks and their parents: those that their children settle, and about which something may be to do. */
const NEAR = {
  name: "parents_near",
  text: `select p.id, p.project_id from tasks p
    where ${isParent("p")} and (p.id = any($1::uuid[])
        or p.id in (select parent_id from tasks where id = any($1::uuid[]) and parent_id is not null))
      and exists (select from tasks c where c.parent_id = p.id)`,
};
/** The same of all there are, without those where nothing is to do. */
const ALL = {
  name: "parents_all_settled",
  text: `select p.id, p.project_id from tasks p
    where ${isParent("p")} and exists (select from tasks c where c.parent_id = p.id)
      and not exists (select from tasks c where c.parent_id = p.id and c.status not in ${SETTLED})
    union
    select p.id, p.project_id from interventions i join tasks p on p.id = i.task_id
    where i.status = 'pending' and i.cause in ${CAUSE_LIST}`,
};
const READ = {
  name: "parents_to_settle",
  text: `select p.id, p.project_id, p.key, c.unsettled, c.done, coalesce(i.asked, '{}') as asked,
      coalesce(i.left_alone, '{}') as left, exists (
        select from activity_log a where a.task_id = p.id and a.event_type = 'task.reopened' and a.at >= c.last) as reopened
    from tasks p, lateral (
        select count(*) filter (where status not in ${SETTLED})::int as unsettled,
          count(*) filter (where status = 'done')::int as done,
          coalesce(max(completed_at), '-infinity') as last, count(*) as total
        from tasks where parent_id = p.id
      ) as c, lateral (
        select array_agg(cause) filter (where status = 'pending') as asked,
          array_agg(cause) filter (where status = 'responded' and created_at >= c.last) as left_alone
        from interventions where task_id = p.id and cause in ${CAUSE_LIST}
      ) as i
    where p.id = any($1::uuid[]) and ${isParent("p")} and p.blockers = 0 and c.total > 0
    order by p.number`,
};

/** Does what follows from how the children of these tasks' parents, and of these tasks, stand now. */
export async function settleParentsNear(engine: Engine, taskIds: readonly string[]): Promise<void> {
  await settleParents(engine, await engine.database.sql.query(NEAR, [taskIds]));
}

/** The same for every parent there is. */
export async function settleAllParents(engine: Engine): Promise<void> {
  await settleParents(engine, await engine.database.sql.query(ALL));
}

async function settleParents(engine: Engine, parents: readonly { id: string; project_id: string }[]): Promise<void> {
  const byProject = new Map<string, string[]>();
  for (const { id, project_id } of parents) byProject.set(project_id, [...(byProject.get(project_id) ?? []), id]);
  await eachAlone(byProject, async ([projectId, ids]) => {
    // Read without a lock first: most of the time nothing is to do.
    const near = await engine.database.sql.query<Parent>(READ, [ids]);
    const waiting = near.filter((parent) => whatToDo(parent) !== "nothing");
    await eachAlone(waiting, ({ id }) => settleParent(engine, projectId, id));
  });
}

function whatToDo({ unsettled, done, asked, reopened, left }: Parent) {
  if (unsettled > 0) return asked.length > 0 ? "withdraw" : "nothing";
  const cause = done === 0 ? CHILDREN_FAILED : CHILDREN_SETTLED;
  if (done > 0 && !reopened) return "roll_up";
  return asked.includes(cause) || left.includes(cause) ? "nothing" : "ask";
}

async function settleParent(engine: Engine, projectId: string, parentId: string): Promise<void> {
  const changes = await inProject(engine, projectId, async (tx) => {
    const [parent] = await tx.query<Parent>(READ, [[parentId]]);
    const what = parent && whatToDo(parent);
    if (what === "roll_up") return rollUpLocked(tx, projectId, parentId);
    if (what === "ask") await ask(tx, parent as Parent);
    if (what === "withdraw") await withdrawHubQuestions(tx, parent as Parent, CAUSES, actorOf(SYSTEM));
    return undefined;
  });
  if (changes) afterCommit(engine, changes);
  else engine.events.wake();
}

/** No child will settle the parent any more: a person says what becomes of it. */
async function ask(tx: Tx, parent: Parent): Promise<void> {
  const about = { project_id: parent.project_id, task_id: parent.id };
  if (parent.done > 0) {
    await raiseHubQuestion(tx, {
      ...about,
      cause: CHILDREN_SETTLED,
      question: `${parent.key} was reopened and all its children are settled. Add a child, or settle it as it is?`,
      options: CHILDREN_SETTLED_OPTIONS,
    });
    return;
  }
  await raiseHubQuestion(tx, {
    ...about,
    cause: CHILDREN_FAILED,
    question: `No child of ${parent.key} is done: all of them failed or were cancelled. What shall become of it?`,
    options: CHILDREN_FAILED_OPTIONS,
  });
}
