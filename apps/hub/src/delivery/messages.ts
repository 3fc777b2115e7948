import type { Sql } from "../db/transaction.ts";
import { ASSIGNED_TASK_COLUMNS, type AssignedTask } from "../matching/assigned-task.ts";
import type { LiveSession, LiveSessions } from "../sessions/live-sessions.ts";
import { ARRIVED_FILES, type ArrivedFile, arrivedFrame, FILE_TOLD } from "./arrived-files.ts";
import { assignedFrame, assignmentId } from "./assigned-frame.ts";
import { atPrompt, isAsking, isInterruptible } from "./at-prompt.ts";
import { Awaited, type DeliveryAnswer } from "./awaited.ts";
import { DECISION_TOLD, DECISIONS, type WaitingDecision } from "./decisions.ts";
import type { SessionPush } from "./delivery.ts";
import { NOTE_READER, Repeats } from "./repeats.ts";
import { typedText } from "./typed-text.ts";
import { ANSWER_IS_AWAITED } from "./undeliverable.ts";

export interface MessagesOptions {
  sql: Sql;
  sessions: LiveSessions;
  push: (sessionId: string, frame: SessionPush) => boolean;
  /** Something may be delivered now that could not before. */
  wake: () => void;
}

const SILENCE_MS = 5_000;

interface WaitingNote {
  id: number;
  task_id: string;
  session_id: string;
  content: string;
  urgent: boolean;
  repeated: boolean;
  author: string;
}

interface WaitingAnswer {
  id: string;
  task_id: string;
  session_id: string;
  response: string;
  repeated: boolean;
}

interface WaitingAsk {
  id: string;
  session_id: string;
  question: string;
  source: string;
}

interface WaitingChange {
  task_id: string;
  session_id: string;
  title: string;
  spec: string;
  version: number;
}

interface WaitingReport {
  id: number;
  task_id: string;
  session_id: string;
  title: string;
  status: string;
  summary: string;
}

// Each takes the sessions that can be typed into now, so that what waits for another one is not in the way.
/** For sessions at their prompt (`$1`) and, if urgent, for those at work (`$2`). */
const NOTES = {
  name: "undelivered_notes",
  text: `select * from (
      select n.id, n.task_id, n.content, n.urgent, n.repeated, n.author ->> 'name' as author, ${NOTE_READER} as session_id
      from task_notes n join tasks t on t.id = n.task_id
      where n.delivery = 'queued'
    ) as waiting
    where session_id = any($1::uuid[]) or urgent and session_id = any($2::uuid[])
    order by id limit 500`,
};
/** Tasks whose spec was changed since their worker was told of them. */
const CHANGES = {
  name: "untold_changes",
  text: `select t.id as task_id, t.assigned_session_id as session_id, t.title, t.spec, t.version from tasks t
    where t.untold_change and t.assigned_session_id = any($1::uuid[])
      and (t.status in ('planning', 'plan_review', 'running', 'review', 'needs_human')
        or t.status = 'assigned' and t.delivered_at is not null)
    order by t.updated_at limit 500`,
};
/** Not if the spec was changed once more meanwhile. */
const CHANGE_TOLD = {
  name: "change_told",
  text: "update tasks set untold_change = false where id = $1 and version = $2",
};
/** What became of tasks, for the sessions that made them. */
const REPORTS = {
  name: "undelivered_reports",
  text: `select m.id, m.task_id, m.session_id, t.title, m.status, m.summary
    from engine.creator_messages m join tasks t on t.id = m.task_id
    where m.delivery = 'queued' and m.session_id = any($1::uuid[]) order by m.id limit 500`,
};
const ANSWERS = {
  name: "undelivered_answers",
  text: `select i.id, i.task_id, i.session_id, i.response, i.repeated from interventions i
    where i.delivery = 'queued' and i.raised_by = 'worker' and i.session_id = any($1::uuid[]) and ${ANSWER_IS_AWAITED}
    order by i.responded_at limit 500`,
};
/** What people answered to what these sessions' agents wait for. */
const PROMPT_ANSWERS = {
  name: "undelivered_prompt_answers",
  text: `select id, session_id, response from interventions
    where delivery = 'queued' and raised_by = 'hub' and session_id = any($1::uuid[]) order by responded_at limit 500`,
};
const ANSWER_TOLD = {
  name: "mark_answer_told",
  text: "update interventions set delivery = 'delivered', delivered_at = now() where id = $1",
};
/** What another session asks these. */
const ASKS = {
  name: "untold_asks",
  text: `select i.id, i.target_session_id as session_id, i.question, coalesce(asker.name, 'another session') as source
    from interventions i left join sessions asker on asker.id = i.session_id
    where i.status = 'pending' and i.target_told_at is null and i.target_session_id = any($1::uuid[])
    order by i.created_at limit 500`,
};
/** In planning since they were delivered, not begun, and what was delivered may be lost. */
const TO_PLAN = {
  name: "undelivered_plannings",
  text: `select ${ASSIGNED_TASK_COLUMNS} from tasks t
    where t.assigned_session_id = any($1::uuid[]) and t.status = 'planning' and t.delivered_at is null
      and t.started_at is null
    order by t.updated_at limit 500`,
};
const TOLD = {
  name: "mark_worker_told",
  text: "update tasks set delivered_at = now() where id = $1 and delivered_at is null",
};
/** On its way to a session. `told` writes down that it has come. */
interface Message {
  /** The same whenever the same thing is told. */
  id: string;
  sessionId: string;
  frame: SessionPush;
  told: () => Promise<unknown>;
}

/** What may have come before is told apart from what comes for the first time. */
const typed = (text: string, repeated: boolean): string => typedText(repeated ? `(again) ${text}` : text);

/** Notes, answers, decisions and reports on their way to a session: queued in the rows until the session can be typed into. */
export class Messages implements Disposable {
  readonly #options: MessagesOptions;
  readonly #repeats = new Repeats();
  readonly #awaited = new Awaited();
  #running: Promise<void> | undefined;
  #again = false;
  /** Set while a note waits for its session to be silent. */
  #silence: NodeJS.Timeout | undefined;

  constructor(options: MessagesOptions) {
    this.#options = options;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#silence);
  }

  /** A server has another link than before: what was sent since then by the old one may be lost, and is sent once more. */
  linkIsNew(serverId: string, since: number): void {
    this.#repeats.linkIsNew(serverId, since);
  }

  /** The same for a version 2 daemon: what it has not acknowledged is sent once more. */
  exactLinkIsNew(serverId: string): void {
    this.#awaited.forgetServer(serverId);
  }

  sessionEnded(sessionId: string): void {
    this.#awaited.forgetSession(sessionId);
  }

  /** A daemon says what became of a message. */
  async answered(serverId: string, answer: DeliveryAnswer): Promise<void> {
    await this.#awaited.answered(serverId, answer);
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
      await this.#repeats.queue(this.#options.sql);
      await this.#promptAnswers();
      await this.#answers();
      await this.#plannings();
      await this.#decisions();
      await this.#changes();
      await this.#asks();
      await this.#reports();
      await this.#files();
      await this.#notes();
    }
  }

  /**
   * The session is looked at once more: what was just typed into may not be at its prompt any more. A version 1 daemon
   * acknowledges nothing, so there a message has come when it was sent.
   */
  async #send({ id, sessionId, frame, told }: Message, mayBeTyped = atPrompt): Promise<void> {
    const session = this.#options.sessions.get(sessionId);
    if (!session || this.#awaited.has(id) || !mayBeTyped(session)) return;
    if (!session.feed.isExact) {
      if (this.#options.push(sessionId, frame)) await told();
    } else if (this.#options.push(sessionId, { ...frame, delivery_id: id } as SessionPush)) {
      this.#awaited.add(id, { sessionId, serverId: session.serverId, told });
    }
  }

  /** A note comes after a silence, so that it does not fall between an agent's last words. */
  #isQuiet({ output }: LiveSession): boolean {
    const waitMs = SILENCE_MS - (performance.now() - output.lastAt);
    if (waitMs <= 0) return true;
    this.#silence ??= setTimeout(() => {
      this.#silence = undefined;
      this.#options.wake();
    }, waitMs).unref();
    return false;
  }

  #those(is: (session: LiveSession) => boolean): string[] {
    return this.#options.sessions.all().flatMap((session) => (is(session) ? session.id : []));
  }

  /** The rows for those sessions that may be typed into now. */
  async #waiting<R extends object>(statement: { name: string; text: string }): Promise<R[]> {
    const idle = this.#those(atPrompt);
    return idle.length === 0 ? [] : this.#options.sql.query<R>(statement, [idle]);
  }

  /** The one thing that may be typed while an agent waits, and only by a daemon that knows what it waits for. */
  async #promptAnswers(): Promise<void> {
    const asking = this.#those((session) => isAsking(session) && session.feed.isExact);
    if (asking.length === 0) return;
    const answers = await this.#options.sql.query<{ id: string; session_id: string; response: string }>(
      PROMPT_ANSWERS,
      [asking],
    );
    for (const { id, session_id, response } of answers) {
      const delivery_id = `prompt:${id}`;
      const message: Message = {
        id: delivery_id,
        sessionId: session_id,
        frame: { type: "prompt_answer", delivery_id, text: typedText(response) },
        told: () => this.#options.sql.query(ANSWER_TOLD, [id]),
      };
      await this.#send(message, isAsking);
    }
  }

  async #answers(): Promise<void> {
    for (const answer of await this.#waiting<WaitingAnswer>(ANSWERS)) {
      const { id, task_id } = answer;
      const response = typed(answer.response, answer.repeated);
      await this.#send({
        id: `answer:${id}`,
        sessionId: answer.session_id,
        frame: { type: "intervention_response", intervention_id: id, task_id, response },
        told: () => this.#options.sql.query(ANSWER_TOLD, [id]),
      });
    }
  }

  async #plannings(): Promise<void> {
    for (const task of await this.#waiting<AssignedTask>(TO_PLAN)) {
      await this.#send({
        id: assignmentId(task),
        sessionId: task.assigned_session_id as string,
        frame: assignedFrame(task),
        told: () => this.#options.sql.query(TOLD, [task.id]),
      });
    }
  }

  async #decisions(): Promise<void> {
    for (const { task_id, session_id, feedback, revision, repeated } of await this.#waiting<WaitingDecision>(
      DECISIONS,
    )) {
      await this.#send({
        id: `plan:${task_id}:${revision ?? 0}:${feedback === null ? "approved" : "revised"}`,
        sessionId: session_id,
        frame:
          feedback === null
            ? { type: "plan_approved", task_id }
            : { type: "plan_revision", task_id, feedback: typed(feedback, repeated === true) },
        told: () => this.#options.sql.query(DECISION_TOLD, [task_id, revision]),
      });
    }
  }

  async #asks(): Promise<void> {
    const { sql } = this.#options;
    for (const { id, session_id, question, source } of await this.#waiting<WaitingAsk>(ASKS)) {
      await this.#send({
        id: `ask:${id}`,
        sessionId: session_id,
        frame: {
          type: "intervention_for_session",
          target_session_id: session_id,
          intervention_id: id,
          question: `${typedText(question)} (Answer: orchestratia intervention respond ${id.slice(0, 8)} --response "…")`,
          source: typedText(source),
        },
        told: () => sql.query("update interventions set target_told_at = now() where id = $1", [id]),
      });
    }
  }

  async #changes(): Promise<void> {
    for (const { task_id, session_id, title, spec, version } of await this.#waiting<WaitingChange>(CHANGES)) {
      await this.#send({
        id: `change:${task_id}:${version}`,
        sessionId: session_id,
        frame: { type: "task_updated", task_id, title: typedText(title), spec },
        told: () => this.#options.sql.query(CHANGE_TOLD, [task_id, version]),
      });
    }
  }

  async #reports(): Promise<void> {
    const { sql } = this.#options;
    for (const { id, task_id, session_id, title, status, summary } of await this.#waiting<WaitingReport>(REPORTS)) {
      await this.#send({
        id: `report:${id}`,
        sessionId: session_id,
        frame: {
          type: "task_status_update",
          task_id,
          title: typedText(title),
          status,
          status_label: status.replace("_", " "),
          summary: typedText(summary),
        },
        told: () =>
          sql.query("update engine.creator_messages set delivery = 'delivered', delivered_at = now() where id = $1", [
            id,
          ]),
      });
    }
  }

  async #files(): Promise<void> {
    for (const file of await this.#waiting<ArrivedFile>(ARRIVED_FILES)) {
      const told = () => this.#options.sql.query(FILE_TOLD, [file.id]);
      await this.#send({ id: `file:${file.id}`, sessionId: file.session_id, frame: arrivedFrame(file), told });
    }
  }

  async #notes(): Promise<void> {
    const { sql } = this.#options;
    const quiet = this.#those((session) => atPrompt(session) && this.#isQuiet(session));
    const interruptible = this.#those(isInterruptible);
    if (interruptible.length === 0) return;
    for (const { id, task_id, session_id, urgent, ...note } of await sql.query<WaitingNote>(NOTES, [
      quiet,
      interruptible,
    ])) {
      const content = typed(note.content, note.repeated);
      const message = {
        id: `note:${id}`,
        sessionId: session_id,
        frame: { type: "task_note", task_id, content, urgent, author: typedText(note.author) } as const,
        told: () => sql.query("update task_notes set delivery = 'delivered', delivered_at = now() where id = $1", [id]),
      };
      await this.#send(message, urgent ? isInterruptible : atPrompt);
    }
  }
}
