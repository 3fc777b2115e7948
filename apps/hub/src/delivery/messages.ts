import type { Sql } from "../db/transaction.ts";
import type { LiveSession, LiveSessions } from "../sessions/live-sessions.ts";
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

interface WaitingDecision {
  task_id: string;
  session_id: string;
  feedback: string | null;
}

// Each takes the sessions that can be typed into now, so that what waits for another one is not in the way.
/** Of tasks that the session knows: for those at their prompt (`$1`) and, if urgent, for those at work (`$2`). Of a cancelled task only the hub's own word. */
const NOTES = {
  name: "undelivered_notes",
  text: `select n.id, n.task_id, n.content, n.urgent, n.author ->> 'name' as author, t.assigned_session_id as session_id
    from task_notes n join tasks t on t.id = n.task_id
    where n.delivery = 'queued'
      and (t.assigned_session_id = any($1::uuid[]) or n.urgent and t.assigned_session_id = any($2::uuid[]))
      and (t.status in ('planning', 'plan_review', 'running', 'review', 'needs_human')
        or t.status = 'assigned' and t.delivered_at is not null
        or t.status = 'cancelled' and n.author ->> 'type' = 'system')
    order by n.id limit 500`,
};
const ANSWERS = {
  name: "undelivered_answers",
  text: `select id, task_id, session_id, response from interventions
    where status = 'responded' and delivered_at is null and raised_by = 'worker' and session_id = any($1::uuid[])
    order by responded_at limit 500`,
};
/** What was decided on a plan. The task's `delivered_at` says whether its worker knows. */
const DECISIONS = {
  name: "undelivered_decisions",
  text: `select t.id as task_id, t.assigned_session_id as session_id, t.plan_feedback as feedback from tasks t
    where t.assigned_session_id = any($1::uuid[]) and t.status in ('planning', 'running') and t.delivered_at is null
    order by t.updated_at limit 500`,
};

/** Notes, answers and decisions on their way to a session: queued in the rows until the session can be typed into. */
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
    while (this.#again || this.#running !== undefined) {
      this.#running ??= this.#run().finally(() => {
        this.#running = undefined;
      });
      await this.#running;
    }
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      const idle: string[] = [];
      const working: string[] = [];
      for (const session of this.#options.sessions.all()) {
        if (!isTypable(session)) continue;
        if (session.agentStatus === "idle") idle.push(session.id);
        if (session.agentStatus === "working") working.push(session.id);
      }
      if (idle.length > 0) {
        await this.#answers(idle);
        await this.#decisions(idle);
      }
      if (idle.length + working.length > 0) await this.#notes(idle, working);
    }
  }

  async #answers(idle: string[]): Promise<void> {
    const { sql, push } = this.#options;
    for (const answer of await sql.query<WaitingAnswer>(ANSWERS, [idle])) {
      const { task_id, response } = answer;
      if (!push(answer.session_id, { type: "intervention_response", intervention_id: answer.id, task_id, response }))
        continue;
      await sql.query("update interventions set delivered_at = now() where id = $1", [answer.id]);
    }
  }

  async #decisions(idle: string[]): Promise<void> {
    const { sql, push } = this.#options;
    for (const { task_id, session_id, feedback } of await sql.query<WaitingDecision>(DECISIONS, [idle])) {
      const decision =
        feedback === null
          ? ({ type: "plan_approved", task_id } as const)
          : ({ type: "plan_revision", task_id, feedback } as const);
      if (!push(session_id, decision)) continue;
      await sql.query("update tasks set delivered_at = now() where id = $1 and delivered_at is null", [task_id]);
    }
  }

  async #notes(idle: string[], working: string[]): Promise<void> {
    const { sql, push } = this.#options;
    for (const note of await sql.query<WaitingNote>(NOTES, [idle, working])) {
      const { task_id, content, urgent, author } = note;
      if (!push(note.session_id, { type: "task_note", task_id, content, urgent, author })) continue;
      await sql.query("update task_notes set delivery = 'delivered' where id = $1", [note.id]);
    }
  }
}

/** Text goes to an agent; a shell would execute it. */
const isTypable = (session: LiveSession): boolean => session.status === "active" && session.agent !== "shell";
