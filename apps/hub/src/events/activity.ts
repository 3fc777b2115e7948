import type { ActivityDetails, ActivityType } from "@orchestratia/protocol/activity";
import type { Actor } from "@orchestratia/protocol/vocabulary";
import type { Sql } from "../db/transaction.ts";

/** One thing that became true. Facts of no project are the hub's own and seen by global admins only. */
export type Fact = {
  [T in ActivityType]: {
    type: T;
    project_id: string | null;
    task_id?: string | null;
    session_id?: string | null;
    server_id?: string | null;
    actor: Actor;
    details: ActivityDetails<T>;
  };
}[ActivityType];

const INSERT = {
  name: "record_facts",
  text: `insert into activity_log (event_type, project_id, task_id, session_id, server_id, actor, details)
    select type, project_id, task_id, session_id, server_id, actor, details
    from jsonb_to_recordset($1::jsonb) as fact(type text, project_id uuid, task_id uuid, session_id uuid,
      server_id uuid, actor jsonb, details jsonb)`,
};

/** Records facts in the caller's transaction: they are heard of only if it commits. Wake the sequencer after that. */
export async function record(tx: Sql, ...facts: Fact[]): Promise<void> {
  if (facts.length > 0) await tx.query(INSERT, [JSON.stringify(facts)]);
}
