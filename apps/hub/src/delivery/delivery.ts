import type { HubFrame } from "@orchestratia/protocol/server-link";
import type pg from "pg";
import type { Logger } from "pino";
import { actorOf, SYSTEM } from "../access/caller.ts";
import { type Sql, sqlOf, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { ASSIGNED_TASK_COLUMNS, type AssignedTask } from "../matching/assigned-task.ts";
import type { ServerConnections } from "../server-link/connections.ts";
import type { LiveSession, LiveSessions } from "../sessions/live-sessions.ts";
import { Bindings } from "./bindings.ts";
import { Messages } from "./messages.ts";
import { SessionStarter } from "./session-starter.ts";

/** A frame for a session, which is named beside it. */
export type SessionPush = HubFrame extends infer F
  ? F extends { session_id: string }
    ? Omit<F, "session_id">
    : never
  : never;

export interface DeliveryOptions {
  pool: pg.Pool;
  sessions: LiveSessions;
  connections: ServerConnections;
  startSession: ConstructorParameters<typeof SessionStarter>[0]["startSession"];
  closeSession: (sessionId: string) => Promise<void>;
  events: { wake(): void };
  log: Logger;
}

const UNDELIVERED = `select ${ASSIGNED_TASK_COLUMNS} from tasks t
  where t.status = 'assigned' and t.blockers = 0 and t.delivered_at is null`;
const UNDELIVERED_ON = {
  name: "undelivered_on_server",
  text: `${UNDELIVERED} and t.assigned_server_id = $1 order by t.priority desc, t.eligible_at, t.id`,
};
const UNDELIVERED_ALL = {
  name: "undelivered",
  text: `${UNDELIVERED} order by t.priority desc, t.eligible_at, t.id limit 5000`,
};
const CONFIRM = {
  name: "confirm_delivery",
  text: `update tasks set assigned_session_id = $2, delivered_at = now(), deliveries = deliveries + 1
    where id = $1 and status = 'assigned' and assigned_server_id = $3
      and (assigned_session_id is null or assigned_session_id = $2)
    returning id`,
};
const FORGET_SESSION = {
  name: "forget_ended_session",
  text: `update tasks set assigned_session_id = null, delivered_at = null
    where assigned_session_id = $1 and status = 'assigned'`,
};
const FORGET_UNSTARTED = {
  name: "forget_unstarted_deliveries",
  text: "update tasks set delivered_at = null where assigned_server_id = $1 and status = 'assigned' and delivered_at is not null",
};

/**
 * Brings assigned work into sessions. It is level-triggered: whatever is assigned, free to start and not yet delivered is
 * looked at again whenever a session becomes idle, a server connects, and each 30 s. The push goes first, since somebody
 * waits for it; the row follows. A repeat carries the same version and is passed over by the daemon.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #sql: Sql;
  readonly #bindings = new Bindings();
  readonly #starter: SessionStarter;
  readonly #messages: Messages;
  /** Pushed, but not yet confirmed in the rows: whoever reads them meanwhile must not push again. */
  readonly #underWay = new Set<string>();
  readonly #working = new Set<Promise<void>>();

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#sql = sqlOf(options.pool);
    this.#starter = new SessionStarter({ ...options, sql: this.#sql, isFree: (session) => this.#isFree(session) });
    this.#messages = new Messages({
      sql: this.#sql,
      push: (sessionId, frame) => this.push(sessionId, frame),
      sessions: options.sessions,
    });
    options.sessions.onChange((session) => this.#sessionChanged(session));
  }

  /** Pushes work that is assigned and free to start; what has no session yet gets one. */
  deliver(tasks: readonly AssignedTask[]): void {
    for (const task of tasks) {
      if (this.#underWay.has(task.id)) continue;
      const session = this.#sessionFor(task);
      if (session === undefined) {
        this.#background(this.#starter.startFor(task));
      } else if (session.status === "active" && session.agentStatus === "idle") {
        if (this.push(session.id, assignedFrame(task))) {
          this.bind(session.id, task.id);
          this.#underWay.add(task.id);
          this.#background(this.#confirm(task, session).finally(() => this.#underWay.delete(task.id)));
        }
      }
    }
  }

  /** The session works on the task now. */
  bind(sessionId: string, taskId: string): void {
    this.#bindings.bind(sessionId, taskId);
    this.#starter.forget(sessionId);
    const session = this.#options.sessions.get(sessionId);
    if (session) session.taskId = taskId;
  }

  /** The task holds no session any more; whatever waits on that server may have it. */
  release(taskId: string): void {
    const sessionId = this.#bindings.release(taskId);
    const session = sessionId === undefined ? undefined : this.#options.sessions.get(sessionId);
    if (!session) return;
    session.taskId = null;
    this.#background(this.#deliverOn(session.serverId));
  }

  /** False when the session's server is not connected. */
  push(sessionId: string, frame: SessionPush): boolean {
    const session = this.#options.sessions.get(sessionId);
    if (!session) return false;
    return this.#options.connections.send(session.serverId, { ...frame, session_id: sessionId } as HubFrame);
  }

  /** Tells a session at work that its task was cancelled; where the project wants it, the session ends too. */
  stopWork(sessionId: string, task: { id: string; key: string; close_session_on_settle: boolean }): void {
    const content = `${task.key} was cancelled. Stop working on it.`;
    this.push(sessionId, { type: "task_note", task_id: task.id, content, urgent: true, author: "hub" });
    if (task.close_session_on_settle) this.#background(this.#options.closeSession(sessionId));
  }

  /** Tells the session that created the task how it went. */
  tellCreator(
    task: { id: string; title: string; source_session_id: string | null },
    status: string,
    summary = "",
  ): void {
    if (!task.source_session_id) return;
    this.push(task.source_session_id, {
      type: "task_status_update",
      task_id: task.id,
      title: task.title,
      status,
      status_label: status.replace("_", " "),
      summary,
    });
  }

  /** Notes or answers may wait. */
  wake(): void {
    this.#background(this.#messages.deliver());
  }

  deliverAnswers(): void {
    this.wake();
  }

  /** A server connected and said what it runs: what it may have lost in between is pushed again. */
  serverConnected(serverId: string): void {
    this.#background(
      this.#sql.query(FORGET_UNSTARTED, [serverId]).then(async () => {
        await this.#deliverOn(serverId);
        await this.#messages.deliver();
      }),
    );
  }

  /** From rows alone: whatever should have been delivered by now. */
  async rederive(): Promise<void> {
    await this.#bindings.load(this.#sql);
    this.deliver(await this.#sql.query<AssignedTask>(UNDELIVERED_ALL));
    await this.#messages.deliver();
  }

  /** When nothing is being started or confirmed any more. */
  async settled(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  /** The session that has the task or shall have it; undefined when one must be started. */
  #sessionFor(task: AssignedTask): LiveSession | undefined {
    const { sessions } = this.#options;
    const own = task.assigned_session_id ?? this.#bindings.sessionOf(task.id);
    if (own) return sessions.get(own);
    const onServer = sessions.ofServer(task.assigned_server_id).filter((session) => session.role === "worker");
    const startedForIt = onServer.find((session) => session.taskId === task.id);
    if (startedForIt) return startedForIt;
    return onServer.find((session) => session.agentStatus === "idle" && this.#isFree(session));
  }

  #isFree(session: LiveSession): boolean {
    return (
      session.status === "active" &&
      session.role === "worker" &&
      session.agent !== "shell" &&
      this.#bindings.taskOf(session.id) === undefined &&
      !this.#starter.isMeant(session)
    );
  }

  #sessionChanged(session: LiveSession): void {
    if (session.status === "closed" || session.status === "error") this.#background(this.#chooseAgain(session));
    if (session.status !== "active" || session.agentStatus !== "idle") return;
    this.#background(this.#deliverOn(session.serverId).then(() => this.#messages.deliver()));
  }

  /** What was assigned to a session that ended before it began gets another one. */
  async #chooseAgain(session: LiveSession): Promise<void> {
    const taskId = this.#bindings.taskOf(session.id);
    if (taskId !== undefined) this.#bindings.release(taskId);
    await this.#sql.query(FORGET_SESSION, [session.id]);
    await this.#deliverOn(session.serverId);
  }

  async #deliverOn(serverId: string): Promise<void> {
    this.deliver(await this.#sql.query<AssignedTask>(UNDELIVERED_ON, [serverId]));
  }

  async #confirm(task: AssignedTask, session: LiveSession): Promise<void> {
    await transaction(this.#options.pool, async (tx) => {
      const confirmed = await tx.query(CONFIRM, [task.id, session.id, task.assigned_server_id]);
      // It was started, or taken away, before this was written: nothing is left to say.
      if (confirmed.length === 0) return;
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
    });
    this.#options.events.wake();
  }

  #background(work: Promise<unknown>): void {
    const watched = work
      .then(
        () => {},
        (error) => this.#options.log.error({ err: error }, "a delivery failed; it is tried again within 30 s"),
      )
      .finally(() => this.#working.delete(watched));
    this.#working.add(watched);
  }
}

const assignedFrame = (task: AssignedTask): SessionPush => ({
  type: "task_assigned",
  task_id: task.id,
  title: task.title,
  version: task.version,
  priority: task.priority,
  require_plan: task.plan_required,
  spec: task.spec,
  structured_spec: task.structured_spec,
  resolved_inputs: task.resolved_inputs,
});
