import type { Sql } from "../db/transaction.ts";

/** A session holds what it has begun, and what it was given and has not begun. */
const HOLDS = `assigned_session_id is not null and (status in ('planning', 'plan_review', 'running', 'review', 'needs_human')
  or status = 'assigned' and blockers = 0 and deliveries > 0)`;
/** What a lost worker left belongs to the session that goes on with its conversation. */
const LEFT_TO = `select r.id as session_id, l.task_id from engine.leases l join sessions r on r.resumes = l.session_id
  where l.closed_at is null and l.lost_since is not null and r.started_by_hub
    and r.status in ('starting', 'active', 'disconnected', 'lost')`;
/** The last row of a task counts. */
const HELD = {
  name: "held_sessions",
  text: `select session_id, task_id from (
      select assigned_session_id as session_id, id as task_id, 1 as place from tasks where ${HOLDS}
      union all select session_id, task_id, 2 from (${LEFT_TO}) as left_to) as held order by place`,
};
const HOLDER = {
  name: "holding_session",
  text: `select assigned_session_id as session_id from tasks where id = $1 and ${HOLDS}`,
};

/** Which session has which unsettled tasks: a picture of the rows, so that a free session is found without asking. */
export class Bindings {
  readonly #tasksOf = new Map<string, Set<string>>();
  readonly #sessionOf = new Map<string, string>();
  /** The tasks whose binding changed while rows are being read; undefined while none are. */
  #touched: Set<string> | undefined;

  tasksOf(sessionId: string): string[] {
    return [...(this.#tasksOf.get(sessionId) ?? [])];
  }

  /** Whether the session has any task besides `taskId`. */
  hasOther(sessionId: string, taskId: string): boolean {
    const tasks = this.#tasksOf.get(sessionId);
    return tasks !== undefined && tasks.size > (tasks.has(taskId) ? 1 : 0);
  }

  sessionOf(taskId: string): string | undefined {
    return this.#sessionOf.get(taskId);
  }

  bind(sessionId: string, taskId: string): void {
    this.release(taskId);
    this.#sessionOf.set(taskId, sessionId);
    const tasks = this.#tasksOf.get(sessionId);
    if (tasks) tasks.add(taskId);
    else this.#tasksOf.set(sessionId, new Set([taskId]));
  }

  /** The task no longer holds a session. Answers the one it had. */
  release(taskId: string): string | undefined {
    this.#touched?.add(taskId);
    const sessionId = this.#sessionOf.get(taskId);
    if (sessionId === undefined) return undefined;
    this.#sessionOf.delete(taskId);
    const tasks = this.#tasksOf.get(sessionId);
    tasks?.delete(taskId);
    if (tasks?.size === 0) this.#tasksOf.delete(sessionId);
    return sessionId;
  }

  /** Makes the picture equal to the rows, but for what changes meanwhile and for the tasks whose row is yet to be written. */
  async load(sql: Sql, unwritten: Iterable<string>): Promise<void> {
    const touched = new Set(unwritten);
    this.#touched = touched;
    const rows = await sql.query<{ session_id: string; task_id: string }>(HELD).finally(() => {
      this.#touched = undefined;
    });
    const held = new Map(rows.map(({ task_id, session_id }) => [task_id, session_id]));
    for (const taskId of [...this.#sessionOf.keys()]) {
      if (!held.has(taskId) && !touched.has(taskId)) this.release(taskId);
    }
    for (const [taskId, sessionId] of held) {
      if (!touched.has(taskId) && this.#sessionOf.get(taskId) !== sessionId) this.bind(sessionId, taskId);
    }
  }
}

/** The session that has the task by its row. */
export async function findHolder(sql: Sql, taskId: string): Promise<string | undefined> {
  const [row] = await sql.query<{ session_id: string }>(HOLDER, [taskId]);
  return row?.session_id;
}
