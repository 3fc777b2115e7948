import type { Logger } from "pino";
import type { Sql } from "../db/transaction.ts";
import type { Bus } from "../events/bus.ts";
import { Reaction } from "../events/reaction.ts";

const CONSUMER = "creator_messages";
const EVENTS = ["task.completed", "task.failed", "task.help_requested"] as const;

/** Positions are given in order, so whatever is behind the cursor and numbered is complete. Who did it itself knows. */
const COLLECT = {
  name: "collect_creator_messages",
  text: `with cursor as (
      select position from engine.cursors where consumer = '${CONSUMER}' for update
    ), behind as (
      select max(a.position) as position from activity_log a, cursor where a.position > cursor.position
    ), collected as (
      insert into engine.creator_messages (position, project_id, task_id, session_id, status, summary)
      select a.position, t.project_id, t.id, t.source_session_id,
        case a.event_type when 'task.completed' then 'done' when 'task.failed' then 'failed' else 'needs_human' end,
        left(coalesce(a.details ->> 'error', a.details ->> 'question',
          case jsonb_typeof(t.result) when 'object' then t.result ->> 'summary' end, ''), 1000)
      from activity_log a join tasks t on t.id = a.task_id, cursor, behind
      where a.position > cursor.position and a.position <= behind.position and a.event_type in ('${EVENTS.join("', '")}')
        and t.source_session_id is not null and a.session_id is distinct from t.source_session_id
      on conflict (position) do nothing returning id
    )
    update engine.cursors set position = behind.position from behind
    where consumer = '${CONSUMER}' and behind.position is not null
    returning (select count(*) from collected)::int as collected`,
};

export interface CreatorMessageOptions {
  sql: Sql;
  bus: Bus;
  log: Logger;
  /** Told when messages wait. */
  onCollected(): void;
}

/**
 * Tells the sessions that created tasks what became of those: each fact becomes a message in the rows, which waits until
 * its session is at its prompt. The cursor moves in the same statement, so that none is missed and none told twice.
 */
export function creatorMessages({ sql, bus, log, onCollected }: CreatorMessageOptions): Reaction {
  const collect = async () => {
    const [moved] = await sql.query<{ collected: number }>(COLLECT);
    if (moved && moved.collected > 0) onCollected();
  };
  return new Reaction({ name: "messages to creators", bus, log, on: EVENTS, onFacts: collect, rederive: collect });
}
