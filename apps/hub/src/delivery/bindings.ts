import type { Sql } from "../db/transaction.ts";

const HELD = {
  name: "held_sessions",
  text: `select assigned_session_id as session_id, id as task_id from tasks
    where assigned_session_id is not null
      and status in ('assigned', 'planning', 'plan_review', 'running', 'review', 'needs_human')`,
};

/** Which session works on which unsettled task: a picture of the rows, so that a free session is found without asking. */
export class Bindings {
  readonly #taskOf = new Map<string, string>();
  readonly #sessionOf = new Map<string, string>();

  taskOf(sessionId: string): string | undefined {
    return this.#taskOf.get(sessionId);
  }

  sessionOf(taskId: string): string | undefined {
    return this.#sessionOf.get(taskId);
  }

  bind(sessionId: string, taskId: string): void {
    this.release(taskId);
    this.#taskOf.set(sessionId, taskId);
    this.#sessionOf.set(taskId, sessionId);
  }

  /** The task no longer holds a session. Answers the one it had. */
  release(taskId: string): string | undefined {
    const sessionId = this.#sessionOf.get(taskId);
    this.#sessionOf.delete(taskId);
    if (sessionId !== undefined && this.#taskOf.get(sessionId) === taskId) this.#taskOf.delete(sessionId);
    return sessionId;
  }

  /** Adds what the rows know and the picture does not. */
  async load(sql: Sql): Promise<void> {
    for (const row of await sql.query<{ session_id: string; task_id: string }>(HELD))
      this.bind(row.session_id, row.task_id);
  }
}
