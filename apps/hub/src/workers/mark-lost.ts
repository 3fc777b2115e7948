import { actorOf, SYSTEM } from "../access/caller.ts";
import { type Tx, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { PROJECT_GRACE, WORKER_GRACE } from "../leases/grace.ts";
import type { Engine } from "../tasks/engine.ts";
import { aboutTask } from "../tasks/task-row.ts";
import { ASKED, STARTED } from "./lost-worker.ts";

/** Marked in one transaction at most. */
const BATCH = 200;

const EXPIRED = {
  name: "expired_leases",
  text: `select task_id from engine.leases where closed_at is null and lost_since is null and expires_at <= now()
    order by task_id limit ${BATCH}`,
};
const LOCK = {
  name: "lock_expired_tasks",
  text: "select from tasks where id = any($1::uuid[]) order by id for update",
};
const MARK = {
  name: "mark_workers_lost",
  text: `update engine.leases l set lost_since = now(), act_at = case when t.status in ${STARTED} then now() + ${WORKER_GRACE} end
    from tasks t, sessions s, projects p
    where l.task_id = any($1::uuid[]) and l.closed_at is null and l.lost_since is null and l.expires_at <= now()
      and t.id = l.task_id and s.id = l.session_id and p.id = l.project_id
    returning t.id, t.project_id, t.key, t.title, l.session_id, l.server_id, s.name as session_name`,
};
/** Its task was not started when it got lost, or has been asked about and the question is gone. */
const START_CLOCKS = {
  name: "start_lost_clocks",
  text: `update engine.leases l set act_at = now() + ${WORKER_GRACE}
    from tasks t, sessions s, projects p
    where l.closed_at is null and l.lost_since is not null and l.act_at is null
      and t.id = l.task_id and t.status in ${STARTED} and s.id = l.session_id and p.id = l.project_id
      and not exists (select from interventions i where i.task_id = t.id and ${ASKED})`,
};
/** Its server came back without it: nobody has to be waited for as long as for a silent server. */
const SHORTEN_CLOCKS = {
  name: "shorten_lost_clocks",
  text: `update engine.leases l set act_at = now() + interval '30 seconds'
    from sessions s, projects p
    where l.closed_at is null and l.act_at > now() + interval '30 seconds' and s.id = l.session_id and p.id = l.project_id
      and s.status in ('closed', 'error', 'lost')
      and l.act_at <= l.lost_since + ${PROJECT_GRACE}`,
};

interface Lost {
  id: string;
  project_id: string;
  key: string;
  title: string;
  session_id: string;
  server_id: string;
  session_name: string;
}

/** Whose lease has expired is lost: that is said, and the clock of the project's policy runs while the task is started. */
export async function markLostWorkers(engine: Engine): Promise<void> {
  const { pool, sql } = engine.database;
  for (;;) {
    const expired = await sql.query<{ task_id: string }>(EXPIRED);
    const ids = expired.map(({ task_id }) => task_id);
    if (ids.length === 0) break;
    await transaction(pool, (tx) => mark(tx, ids));
    engine.events.wake();
    if (ids.length < BATCH) break;
  }
  await sql.query(START_CLOCKS);
  await sql.query(SHORTEN_CLOCKS);
}

async function mark(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.query(LOCK, [ids]);
  const lost = await tx.query<Lost>(MARK, [ids]);
  await record(
    tx,
    ...lost.map((task) => ({
      ...aboutTask(task),
      type: "task.worker_lost" as const,
      session_id: task.session_id,
      server_id: task.server_id,
      actor: actorOf(SYSTEM),
      details: {
        key: task.key,
        title: task.title,
        session_id: task.session_id as never,
        session_name: task.session_name,
      },
    })),
  );
}
