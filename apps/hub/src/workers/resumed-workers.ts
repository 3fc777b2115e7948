import { SYSTEM } from "../access/caller.ts";
import type { Sql, Tx } from "../db/transaction.ts";
import type { Bus } from "../events/bus.ts";
import { eachAlone } from "../events/each-alone.ts";
import { Reaction } from "../events/reaction.ts";
import { assignLocked } from "../tasks/assign-task.ts";
import { afterCommit, type Changes, type Engine } from "../tasks/engine.ts";
import { inProject } from "../tasks/move.ts";
import { requeueLocked } from "../tasks/requeue-task.ts";
import { lockTask } from "../tasks/task-row.ts";

const RESUMER = `r.started_by_hub and r.resumes is not null and r.status = 'active'`;
/** Its task is still where the lost worker left it. */
const LEFT = `from engine.leases l join tasks t on t.id = l.task_id
    where l.session_id = r.resumes and l.closed_at is null and l.lost_since is not null and t.status in ('planning', 'running')`;

/** At their prompt. `$1` limits it to one task. */
const READY = {
  name: "resumed_workers_ready",
  text: `select r.id as session_id, r.name as session_name, ended.name as ended_name, left_task.id as task_id, r.project_id
    from sessions r join sessions ended on ended.id = r.resumes
      join lateral (select t.id ${LEFT}) as left_task on true
    where ${RESUMER} and r.agent_status = 'idle' and ($1::uuid is null or left_task.id = $1) limit 50`,
};
/** Somebody decided otherwise meanwhile, and they never had the task. */
const IN_VAIN = {
  name: "workers_resumed_in_vain",
  text: `select r.id from sessions r where ${RESUMER} and not exists (select ${LEFT})
      and not exists (select from engine.leases own where own.session_id = r.id)
      and not exists (select from tasks held where held.assigned_session_id = r.id
        and held.status not in ('done', 'failed', 'cancelled')) limit 50`,
};

interface Ready {
  session_id: string;
  session_name: string;
  ended_name: string;
  task_id: string;
  project_id: string;
}

/** Gives a lost worker's task to the session that goes on with its conversation, once that is at its prompt. */
export function resumedWorkers(engine: Engine, bus: Bus): Reaction {
  const { sql } = engine.database;
  /** Sessions that may be on their way to their prompt; most facts are about others. */
  const awaited = new Set<string>();

  async function look(): Promise<void> {
    await eachAlone(await ready(sql, null), async ({ task_id, project_id, session_id }) => {
      const changes = await inProject(engine, project_id, (tx) => handOver(tx, task_id));
      if (!changes) return;
      awaited.delete(session_id);
      afterCommit(engine, changes);
    });
    for (const { id } of await sql.query<{ id: string }>(IN_VAIN)) engine.delivery.endSession(id);
  }

  return new Reaction({
    name: "resumed workers",
    bus,
    log: engine.log,
    on: ["session.created", "session.started", "session.agent_status_changed", "session.closed", "session.error"],
    async onFacts(facts) {
      const about = facts.filter(({ session_id, event_type, details }) => {
        if (session_id === null) return false;
        if (event_type === "session.created" && details.resumes !== undefined) awaited.add(session_id);
        return awaited.has(session_id);
      });
      if (about.length === 0) return;
      await look();
      for (const { session_id, event_type } of about)
        if (event_type === "session.closed" || event_type === "session.error") awaited.delete(session_id ?? "");
    },
    rederive: look,
  });
}

const ready = (from: Sql, taskId: string | null): Promise<Ready[]> => from.query<Ready>(READY, [taskId]);

/** A reaper's requeue, and at once the next attempt in the session that knows what was done. */
async function handOver(tx: Tx, taskId: string): Promise<Changes | undefined> {
  const task = await lockTask(tx, taskId);
  const [session] = await ready(tx, taskId);
  if (!session) return undefined;
  const { session_id, session_name, ended_name } = session;
  const reason = `${ended_name} ended, and ${session_name} goes on with its conversation`;
  const back = await requeueLocked(tx, SYSTEM, task, { by: "reaper", reason });
  const pending = await lockTask(tx, taskId);
  const { places, ready: free, told } = await assignLocked(tx, SYSTEM, pending, { session_id: session_id as never });
  return {
    ...back,
    places: [...(back.places ?? []), ...places],
    ready: [...(back.ready ?? []), ...free],
    told: back.told || told,
  };
}
