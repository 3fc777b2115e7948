import type { Sql } from "../db/transaction.ts";
import type { LiveSessions } from "../sessions/live-sessions.ts";
import type { SessionPush } from "./delivery.ts";

export interface MessagesOptions {
  sql: Sql;
  sessions: LiveSessions;
  push: (sessionId: string, frame: SessionPush) => boolean;
}

interface WaitingNote {
  id: number;
  task_id: string;
  session_id: string;
  content: string;
  urgent: boolean;
  author: string;
}

interface WaitingAnswer {
  id: string;
  task_id: string;
  session_id: string;
  response: string;
}

const NOTES = {
  name: "undelivered_notes",
  text: `select n.id, n.task_id, n.content, n.urgent, n.author ->> 'name' as author, t.assigned_session_id as session_id
    from task_notes n join tasks t on t.id = n.task_id
    where n.delivery = 'queued' and t.assigned_session_id is not null
      and t.status in ('assigned', 'planning', 'plan_review', 'running', 'review', 'needs_human')
    order by n.id limit 500`,
};
const ANSWERS = {
  name: "undelivered_answers",
  text: `select id, task_id, session_id, response from interventions
    where status = 'responded' and delivered_at is null and raised_by = 'worker' and session_id is not null
    order by responded_at limit 500`,
};

/** Notes and answers on their way to a session: queued in the rows until the session can be typed into. */
export class Messages {
  readonly #options: MessagesOptions;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(options: MessagesOptions) {
    this.#options = options;
  }

  /** One pass at a time: two would type the same note twice. */
  async deliver(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.#answers();
      await this.#notes();
    }
  }

  async #answers(): Promise<void> {
    const { sql, push } = this.#options;
    for (const answer of await sql.query<WaitingAnswer>(ANSWERS)) {
      if (!this.#canType(answer.session_id, false)) continue;
      const { task_id, response } = answer;
      if (!push(answer.session_id, { type: "intervention_response", intervention_id: answer.id, task_id, response }))
        continue;
      await sql.query("update interventions set delivered_at = now() where id = $1", [answer.id]);
    }
  }

  async #notes(): Promise<void> {
    const { sql, push } = this.#options;
    for (const note of await sql.query<WaitingNote>(NOTES)) {
      if (!this.#canType(note.session_id, note.urgent)) continue;
      const { task_id, content, urgent, author } = note;
      if (!push(note.session_id, { type: "task_note", task_id, content, urgent, author })) continue;
      await sql.query("update task_notes set delivery = 'delivered' where id = $1", [note.id]);
    }
  }

  /** Text goes to an agent at its prompt; an urgent one also interrupts. A shell would execute it. */
  #canType(sessionId: string, urgent: boolean): boolean {
    const session = this.#options.sessions.get(sessionId);
    if (session?.status !== "active" || session.agent === "shell") return false;
    return session.agentStatus === "idle" || (urgent && session.agentStatus === "working");
  }
}
