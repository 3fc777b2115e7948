import type { AgentCaller, StartedTask } from "../access/agent-powers.ts";
import type { Sql } from "../db/transaction.ts";

const STARTED = {
  name: "started_task",
  text: `select t.id, t.key from engine.leases l join tasks t on t.id = l.task_id
    where l.session_id = $1 and l.closed_at is null`,
};

/** The task on which the session has an open lease; there is at most one. */
export async function findStartedTask(sql: Sql, session: Pick<AgentCaller, "id">): Promise<StartedTask | undefined> {
  const [task] = await sql.query<StartedTask>(STARTED, [session.id]);
  return task;
}
