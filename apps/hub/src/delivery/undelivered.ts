import type pg from "pg";
import { actorOf, SYSTEM } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { PROJECT_GRACE } from "../leases/grace.ts";
import { ASSIGNED_TASK_COLUMNS, type AssignedTask } from "../matching/assigned-task.ts";
import type { LiveSession } from "../sessions/live-sessions.ts";
import { planDelivered } from "../tasks/plan-delivered.ts";
import { workInSessionsFolder } from "../workspaces/work-in-folder.ts";

const UNDELIVERED = `select ${ASSIGNED_TASK_COLUMNS} from tasks t
  where t.status = 'assigned' and t.blockers = 0 and t.delivered_at is null`;

/** Assigned, free to start, and no session was told. */
export const UNDELIVERED_ON = {
  name: "undelivered_on_server",
  text: `${UNDELIVERED} and t.assigned_server_id = $1 order by t.priority desc, t.eligible_at, t.id`,
};
export const UNDELIVERED_ALL = {
  name: "undelivered",
  text: `${UNDELIVERED} order by t.priority desc, t.eligible_at, t.id limit 5000`,
};
export const UNDELIVERED_TASK = { name: "undelivered_task", text: `${UNDELIVERED} and t.id = $1` };

/** What a server was told and did not begin is pushed again; since when it waits to be begun stays as it is. */
export const FORGET_UNSTARTED = {
  name: "forget_unstarted_deliveries",
  text: `update tasks set delivered_at = null
    where assigned_server_id = $1 and delivered_at is not null
      and (status = 'assigned' or status = 'planning' and started_at is null)`,
};

/** What a daemon said it could not type was not delivered. */
export const FORGET_UNTYPED = {
  name: "forget_untyped_delivery",
  text: `update tasks set delivered_at = null
    where id = $1 and assigned_server_id = $2 and version = $3 and status = 'assigned'`,
};

const FORGET = "update tasks t set assigned_session_id = null, delivered_at = null, deliveries = 0";
/** Of a session that is gone. One that may come back (`$2` false) keeps what a person chose it for. */
export const FORGET_SESSION = {
  name: "forget_session",
  text: `${FORGET} where t.assigned_session_id = $1 and t.status = 'assigned' and ($2 or t.deliveries > 0) returning t.id`,
};
/** The same for all of them: the hub may have been away when they went. Nobody waits longer than the grace for one that is lost. */
export const FORGET_ENDED = {
  name: "forget_ended_sessions",
  text: `${FORGET} from sessions s join projects p on p.id = s.project_id
    where s.id = t.assigned_session_id and t.status = 'assigned' and (s.status in ('closed', 'error')
      or s.status = 'lost' and (t.deliveries > 0 or s.missing_since + ${PROJECT_GRACE} <= now()))`,
};

/**
 * The commit does not wait for the disk: whoever is told of it reads of it at a position, which is given in a later commit
 * that does. Were it lost with the machine, the push would be repeated.
 */
const CONFIRM = {
  name: "confirm_delivery",
  text: `update tasks set assigned_session_id = $2, delivered_at = now(), deliveries = deliveries + 1,
      untold_change = false, told_at = case when deliveries > 0 then coalesce(told_at, now()) else now() end,
      reminded_at = case when deliveries > 0 then reminded_at end
    where id = $1 and status = 'assigned' and blockers = 0 and assigned_server_id = $3
      and (assigned_session_id is null or assigned_session_id = $2)
    returning id, set_config('synchronous_commit', 'off', true)`,
};

/** Writes down that the session has been told of its task. False when the task is not its any more, or begun already. */
export function confirmDelivery(pool: pg.Pool, task: AssignedTask, session: LiveSession): Promise<boolean> {
  return transaction(pool, async (tx) => {
    const confirmed = await tx.query(CONFIRM, [task.id, session.id, task.assigned_server_id]);
    if (confirmed.length === 0) return false;
    await workInSessionsFolder(tx, task, session);
    await tx.query("update sessions set task_id = $2 where id = $1", [session.id, task.id]);
    await record(tx, {
      type: "task.delivered",
      project_id: task.project_id,
      task_id: task.id,
      session_id: session.id,
      server_id: session.serverId,
      actor: actorOf(SYSTEM),
      details: { session_id: session.id, key: task.key, session_name: session.name },
    });
    if (task.plan_required) await planDelivered(tx, task.id, { session_id: session.id, server_id: session.serverId });
    return true;
  });
}
