import type { Sql } from "../db/transaction.ts";
import { ANSWER_IS_AWAITED } from "./undeliverable.ts";

/**
 * Who reads a note `n` of task `t`: of the hub's own word the session that it was for, wherever the task is by now; of
 * everybody else's the one that has the task and knows of it.
 */
export const NOTE_READER = `case
    when n.author ->> 'type' = 'system' and n.session_id is not null then n.session_id
    when t.status in ('planning', 'plan_review', 'running', 'review', 'needs_human')
      or t.status = 'assigned' and t.delivered_at is not null then t.assigned_session_id
  end`;

// Of the sessions of server `$1`, what was sent in the last `$2` seconds and is of use to them still.
const SENT_AGAIN = [
  {
    name: "repeat_answers",
    text: `update interventions i set delivery = 'queued', repeated = true from sessions s
      where i.delivery = 'delivered' and i.delivered_at > now() - make_interval(secs => $2) and s.id = i.session_id
        and s.server_id = $1 and s.status not in ('closed', 'error') and ${ANSWER_IS_AWAITED}`,
  },
  {
    name: "repeat_decisions",
    text: `with lost as (
        select t.id, r.revision from engine.plan_revisions r join tasks t on t.id = r.task_id
        where r.told_at > now() - make_interval(secs => $2) and r.decided_at >= t.started_at
          and t.assigned_server_id = $1 and t.delivered_at is not null
          and not exists (select from engine.plan_revisions later where later.task_id = t.id and later.revision > r.revision)
          and (t.status = 'running' and r.decision = 'approved' or t.status = 'planning' and r.decision = 'revised')
        order by t.id for update of t
      ), marked as (
        update engine.plan_revisions r set repeated = true from lost
        where r.task_id = lost.id and r.revision = lost.revision
      )
      update tasks t set delivered_at = null from lost where t.id = lost.id`,
  },
  {
    name: "repeat_notes",
    text: `update task_notes n set delivery = 'queued', repeated = true from tasks t, sessions s
      where n.delivery = 'delivered' and n.delivered_at > now() - make_interval(secs => $2) and t.id = n.task_id
        and s.server_id = $1 and s.status not in ('closed', 'error') and s.id = ${NOTE_READER}`,
  },
];

/**
 * Servers whose link is a new one: version 1 acknowledges nothing, so what was written to the old one shortly before it
 * fell silent counts as not delivered, once for each new link.
 */
export class Repeats {
  /** By server: since when what was sent may be lost, as `performance.now()` counts. */
  readonly #since = new Map<string, number>();

  linkIsNew(serverId: string, since: number): void {
    this.#since.set(serverId, Math.min(since, this.#since.get(serverId) ?? since));
  }

  /** Queues what may be lost. Nothing may be on its way into a row meanwhile. */
  async queue(sql: Sql): Promise<void> {
    for (const [serverId, since] of this.#since) {
      const seconds = (performance.now() - since) / 1_000;
      for (const statement of SENT_AGAIN) await sql.query(statement, [serverId, seconds]);
      if (this.#since.get(serverId) === since) this.#since.delete(serverId);
    }
  }
}
