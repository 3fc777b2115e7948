import { actorOf, SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { AssignedTask } from "../matching/assigned-task.ts";
import { SAME_MACHINE } from "../servers/same-machine.ts";
import { WORKTREE_PER_TASK } from "./checkout-repo.ts";

/** Registrations of one machine may name the same folder. */
const MACHINE = `(select m.id from servers v join servers m on ${SAME_MACHINE("m", "v")} where v.id = $1)`;
/** Whoever works in a folder also changes what lies in the folders below it. */
const isWithin = (inner: string, outer: string): string =>
  `starts_with(rtrim(${inner}, '/') || '/', rtrim(${outer}, '/') || '/')`;
const LOCK_TASK = { name: "folder_lock_task", text: "select from tasks where id = $1 for key share" };
const LOCK_MACHINE = {
  name: "folder_lock_machine",
  text: `select id from servers where id in ${MACHINE} order by id for update`,
};
/**
 * Whoever a task works for may have it work in their own folder: they wait for it there. Where a session just stood, in a
 * home folder perhaps, its task has not asked for all that lies below.
 */
const TAKEN = {
  name: "folder_taken",
  text: `with recursive worked_for as (
      select parent_id as id, source_session_id from tasks where id = $2
      union select t.parent_id, t.source_session_id from tasks t join worked_for on t.id = worked_for.id
    )
    select o.id from engine.checkouts c join tasks o on o.id = c.task_id and o.assigned_server_id = c.server_id
    where c.server_id in ${MACHINE} and c.branch is null and o.id <> $2
      and case when c.came_with_session then rtrim(c.path, '/') = rtrim($3, '/')
        else ${isWithin("c.path", "$3")} or ${isWithin("$3", "c.path")} end
      and o.status not in ('pending', 'done', 'failed', 'cancelled')
      and (o.status <> 'assigned' or o.assigned_session_id is not null or o.start_failures < 3)
      and not exists (select from worked_for where worked_for.id = o.id
        or worked_for.source_session_id = o.assigned_session_id)
    limit 1`,
};
const TAKE = {
  name: "folder_take",
  text: `insert into engine.checkouts (task_id, server_id, project_id, path) values ($1, $2, $3, $4)
    on conflict (task_id, server_id) do update set path = excluded.path, branch = null, came_with_session = false,
      prepared_at = now()
      where checkouts.branch is not null or checkouts.path <> excluded.path or checkouts.came_with_session
    returning path`,
};
/** Where the session was started for another task's work, there; else where its daemon last saw it. Only if tasks keep apart. */
const TAKE_OF_SESSION = {
  name: "folder_take_of_session",
  text: `insert into engine.checkouts (task_id, server_id, project_id, path, came_with_session)
    select $1, s.server_id, s.project_id, coalesce(c.path, s.working_directory), coalesce(c.came_with_session, true)
    from sessions s join projects p on p.id = s.project_id
      left join engine.checkouts c on c.task_id = s.task_id and c.server_id = s.server_id
    where s.id = $2 and ${WORKTREE_PER_TASK} and coalesce(c.path, s.working_directory) is not null
    on conflict (task_id, server_id) do nothing returning path`,
};

/**
 * Lets the task work in the folder itself, where there can be no checkout of its own. False while another task that has
 * begun or is about to works there, or has taken a folder below it or above it: then it waits.
 */
export async function workInFolder(
  tx: Tx,
  task: AssignedTask,
  { folder, reason }: { folder: string; reason: string },
): Promise<boolean> {
  await tx.query(LOCK_TASK, [task.id]);
  await tx.query(LOCK_MACHINE, [task.assigned_server_id]);
  const taken = await tx.query(TAKEN, [task.assigned_server_id, task.id, folder]);
  if (taken.length > 0) return false;
  const changed = await tx.query(TAKE, [task.id, task.assigned_server_id, task.project_id, folder]);
  if (changed.length > 0) await recordSkipped(tx, task, { path: folder, reason });
  return true;
}

/**
 * The same of a task that is given to a session which is there already: it works where that one does. That is recorded
 * where it could have had a checkout of its own.
 */
export async function workInSessionsFolder(
  tx: Tx,
  task: AssignedTask,
  session: { id: string; name: string },
): Promise<void> {
  const [taken] = await tx.query<{ path: string }>(TAKE_OF_SESSION, [task.id, session.id]);
  const reason = `It was given to the session ${session.name}, which was there already.`;
  if (taken && task.checkout_repo !== null) await recordSkipped(tx, task, { path: taken.path, reason });
}

const recordSkipped = (tx: Tx, task: AssignedTask, details: { path: string; reason: string }) =>
  record(tx, {
    project_id: task.project_id,
    task_id: task.id,
    server_id: task.assigned_server_id,
    actor: actorOf(SYSTEM),
    type: "task.worktree_skipped",
    details,
  });
