import { actorOf, SYSTEM } from "../access/caller.ts";
import { type Sql, type Tx, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { eachAlone } from "../events/each-alone.ts";
import { withdrawHubQuestions } from "../interventions/hub-question.ts";
import { columnsOf, MAY_SPEAK, type SignOfLife } from "../leases/lease-keeper.ts";
import { LEASE_LENGTH } from "../leases/lease-length.ts";
import { assignLocked } from "../tasks/assign-task.ts";
import { afterCommit, type Engine } from "../tasks/engine.ts";
import { onTask } from "../tasks/move.ts";
import { aboutTask, lockTask } from "../tasks/task-row.ts";

const LOST = {
  name: "lost_leases_of_sessions",
  text: `select l.task_id, sign.session_id, sign.seen_at::text, sign.by_server from engine.leases l
      join unnest($1::uuid[], $2::timestamptz[], $3::bool[]) as sign (session_id, seen_at, by_server) using (session_id)
    where l.closed_at is null and l.lost_since is not null and l.expires_at < sign.seen_at order by l.task_id`,
};
const FOUND = {
  name: "find_worker_again",
  text: `update engine.leases l set lost_since = null, act_at = null, expires_at = now() + interval '${LEASE_LENGTH}'
    from sessions s, (select $4::bool as by_server) as sign
    where l.task_id = $1 and l.session_id = $2 and l.closed_at is null and l.lost_since is not null
      and l.expires_at < $3 and s.id = l.session_id and ${MAY_SPEAK}
    returning l.session_id, l.server_id`,
};

/** Given back to the queue by a reaper, and nobody has been told of it since. `$2` limits it to one task. */
const RELEASED = {
  name: "released_leases_of_sessions",
  text: `select l.task_id, l.session_id from engine.leases l join tasks t on t.id = l.task_id
      join sessions s on s.id = l.session_id
    where l.session_id = any($1::uuid[]) and ($2::uuid is null or l.task_id = $2) and l.close_reason = 'released'
      and s.status = 'active' and t.blockers = 0 and t.delivered_at is null
      and (t.status = 'pending' and t.auto_assign or t.status = 'assigned' and t.placed_by_matcher)
      and t.assigned_session_id is distinct from l.session_id
      and not exists (select from engine.leases newer where newer.task_id = l.task_id and newer.epoch > l.epoch)
      and not exists (select from engine.leases other where other.session_id = l.session_id and other.closed_at is null)
    order by l.task_id`,
};
/** It need not stop after all. */
const TAKE_BACK_STOP = {
  name: "take_back_stop_note",
  text: `update task_notes set delivery = 'failed'
    where task_id = $1 and session_id = $2 and delivery = 'queued' and author ->> 'type' = 'system'`,
};

/**
 * These sessions gave a sign of life. Whose worker counted as lost before it is its worker again; who has lost its task, and nobody
 * was told of that task since, is offered it before anybody else.
 */
export async function receiveBack(engine: Engine, signs: readonly SignOfLife[]): Promise<void> {
  const { sql, pool } = engine.database;
  const sessionIds = signs.map(({ session_id }) => session_id);
  const lost = await sql.query<SignOfLife & { task_id: string }>(LOST, columnsOf(signs));
  await eachAlone(
    [
      ...lost.map(
        ({ task_id, ...sign }) =>
          () =>
            transaction(pool, (tx) => unmark(tx, task_id, sign)),
      ),
      () => offerReleased(engine, sessionIds),
    ],
    (step) => step(),
  );
  if (lost.length > 0) engine.events.wake();
}

async function offerReleased(engine: Engine, sessionIds: readonly string[]): Promise<void> {
  const released = await releasedTo(engine.database.sql, sessionIds);
  await eachAlone(released, ({ task_id, session_id }) => offerAgain(engine, task_id, session_id));
}

async function unmark(tx: Tx, taskId: string, sign: SignOfLife): Promise<void> {
  const task = await lockTask(tx, taskId);
  const [lease] = await tx.query<{ session_id: string; server_id: string }>(FOUND, [
    taskId,
    sign.session_id,
    sign.seen_at,
    sign.by_server,
  ]);
  if (!lease) return;
  const { key, title } = task;
  await record(tx, {
    ...aboutTask(task),
    type: "task.worker_back",
    session_id: lease.session_id,
    server_id: lease.server_id,
    actor: actorOf(SYSTEM),
    details: { key, title, session_id: lease.session_id as never },
  });
  await withdrawHubQuestions(tx, task, ["worker_lost"], actorOf(SYSTEM));
}

const releasedTo = (sql: Sql, sessionIds: readonly string[], taskId: string | null = null) =>
  sql.query<{ task_id: string; session_id: string }>(RELEASED, [sessionIds, taskId]);

async function offerAgain(engine: Engine, taskId: string, sessionId: string): Promise<void> {
  const changes = await onTask(engine, taskId, async (tx, task) => {
    // The matcher or another worker may have been quicker.
    const [released] = await releasedTo(tx, [sessionId], taskId);
    if (!released) return undefined;
    const assigned = await assignLocked(tx, SYSTEM, task, { session_id: sessionId as never });
    await tx.query("update tasks set placed_by_matcher = true where id = $1", [taskId]);
    await tx.query(TAKE_BACK_STOP, [taskId, sessionId]);
    return { projectId: task.project_id, ...assigned };
  });
  if (changes) afterCommit(engine, { ...changes, released: [taskId] });
}
