import type { HubFrame } from "@orchestratia/protocol/server-link";
import { InterventionId, TaskId } from "@orchestratia/protocol/vocabulary";
import type pg from "pg";
import type { Logger } from "pino";
import { type Sql, type Statement, sqlOf } from "../db/transaction.ts";
import type { AssignedTask } from "../matching/assigned-task.ts";
import type { ServerConnections } from "../server-link/connections.ts";
import type { LiveSession, LiveSessions } from "../sessions/live-sessions.ts";
import { FAIL_FILES } from "./arrived-files.ts";
import { assignedFrame, assignmentId } from "./assigned-frame.ts";
import type { DeliveryAnswer } from "./awaited.ts";
import { Bindings, findHolder } from "./bindings.ts";
import { Messages } from "./messages.ts";
import { SessionStarter } from "./session-starter.ts";
import { SESSIONS_TO_END } from "./sessions-to-end.ts";
import { FAIL_ANSWERS, FAIL_NOTES, FAIL_PROMPT_ANSWER, FAIL_REPORTS } from "./undeliverable.ts";
import {
  confirmDelivery,
  FORGET_ENDED,
  FORGET_SESSION,
  FORGET_UNSTARTED,
  FORGET_UNTYPED,
  UNDELIVERED_ALL,
  UNDELIVERED_ON,
  UNDELIVERED_TASK,
} from "./undelivered.ts";

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
  prepareCheckout: ConstructorParameters<typeof SessionStarter>[0]["prepareCheckout"];
  events: { wake(): void };
  log: Logger;
}

/** A push whose row is being written. */
interface UnderWay {
  written: Promise<unknown>;
  /** The task was to be delivered again meanwhile. */
  again: boolean;
}

/**
 * Brings assigned work into sessions. It is level-triggered: whatever is assigned, free to start and not yet delivered is
 * looked at again whenever a session becomes idle or ends, a server connects, and each 30 s. The push goes first, since
 * somebody waits for it; the row follows. A repeat carries the same version and costs the agent one line to read.
 */
export class Delivery implements Disposable {
  readonly #options: DeliveryOptions;
  readonly #sql: Sql;
  readonly #bindings = new Bindings();
  readonly #starter: SessionStarter;
  readonly #messages: Messages;
  /** By task. Whoever reads the rows meanwhile must not push again. */
  readonly #underWay = new Map<string, UnderWay>();
  /** One for each reading that is under way: the tasks whose push got its row meanwhile, which were read as they were before. */
  readonly #readings = new Set<Set<string>>();
  /** Servers whose sessions are not all back yet, while a task waits for one of them. */
  readonly #returning = new Set<string>();
  readonly #working = new Set<Promise<void>>();

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#sql = sqlOf(options.pool);
    this.#starter = new SessionStarter({ ...options, sql: this.#sql, isFree: (session) => this.#isFree(session) });
    this.#messages = new Messages({
      sql: this.#sql,
      push: (sessionId, frame) => this.push(sessionId, frame),
      sessions: options.sessions,
      wake: () => this.wake(),
    });
    options.sessions.onChange((session) => this.#sessionChanged(session));
  }

  /** Pushes work that is assigned and free to start; what has no session yet gets one. */
  deliver(tasks: readonly AssignedTask[]): void {
    for (const task of tasks) {
      const underWay = this.#underWay.get(task.id);
      if (underWay) {
        underWay.again = true;
        continue;
      }
      const session = this.#choose(task);
      if (session === "start") this.#background(this.#starter.startFor(task));
      else if (session && this.#canTake(session, task) && this.#pushTask(session, task)) {
        this.bind(session.id, task.id);
        this.#background(this.#confirm(task, session));
      }
    }
  }

  /** The session works on the task now. */
  bind(sessionId: string, taskId: string): void {
    this.#bindings.bind(sessionId, taskId);
    this.#starter.forget(taskId);
    const session = this.#options.sessions.get(sessionId);
    if (session) session.taskId = taskId;
  }

  /** The task holds no session any more; whatever waits on that server may have it. */
  release(taskId: string): void {
    const meantOn = this.#starter.forget(taskId);
    const sessionId = this.#bindings.release(taskId);
    const session = sessionId === undefined ? undefined : this.#options.sessions.get(sessionId);
    if (session?.taskId === taskId) session.taskId = null;
    const serverId = session?.serverId ?? meantOn;
    if (serverId !== undefined) this.#background(this.#deliverOn(serverId));
  }

  /** False when the session's server is not connected. */
  push(sessionId: string, frame: SessionPush): boolean {
    const session = this.#options.sessions.get(sessionId);
    if (!session) return false;
    const sent = this.#options.connections.send(session.serverId, { ...frame, session_id: sessionId } as HubFrame);
    // Its screen will show what the agent makes of it; until then nothing more is typed.
    if (sent && session.launched && !session.tellsStatus) session.typedInto = true;
    return sent;
  }

  #pushTask(session: LiveSession, task: AssignedTask): boolean {
    const frame = assignedFrame(task);
    const named = session.feed.isExact ? ({ ...frame, delivery_id: assignmentId(task) } as SessionPush) : frame;
    return this.push(session.id, named);
  }

  /** A daemon says what became of a message; work that it could not type is given to it again in the next pass. */
  answered(serverId: string, answer: DeliveryAnswer): void {
    if (this.#options.sessions.get(answer.session_id)?.serverId !== serverId) return;
    const [kind, taskId, version] = answer.delivery_id.split(":");
    this.#background(this.#messages.answered(serverId, answer));
    if (answer.state !== "failed") return;
    const { delivery_id, session_id, reason } = answer;
    this.#options.log.warn({ delivery_id, session_id, reason }, "a message for an agent could not be typed");
    if (kind === "prompt" && InterventionId.safeParse(taskId).success)
      this.#background(this.#sql.query(FAIL_PROMPT_ANSWER, [taskId, session_id]));
    if (kind === "task" && TaskId.safeParse(taskId).success)
      this.#background(this.#sql.query(FORGET_UNTYPED, [taskId, serverId, Number(version)]));
  }

  /** The session's work is over and the project keeps no session beyond that. */
  endSession(sessionId: string): void {
    const session = this.#options.sessions.get(sessionId);
    if (session && session.closedBy === undefined) this.#background(this.#options.closeSession(sessionId));
  }

  /** Notes, answers or decisions may wait. */
  wake(): void {
    this.#background(this.#messages.deliver());
  }

  /** A server connected and said what it runs: what it may have lost in between is pushed again. */
  serverConnected(serverId: string): void {
    const { connections } = this.#options;
    if (connections.versionOf(serverId) === 2) this.#messages.exactLinkIsNew(serverId);
    else this.#messages.linkIsNew(serverId, connections.doubtfulSince(serverId));
    this.#background(this.#deliverAgain(serverId));
  }

  /** Sessions may be started now where none could be. */
  settingsChanged(): void {
    this.#background(this.rederive());
  }

  /** From rows alone: whatever should have been delivered by now. */
  async rederive(): Promise<void> {
    await this.#sql.query(FORGET_ENDED);
    await this.#sql.query(FAIL_ANSWERS);
    await this.#sql.query(FAIL_NOTES);
    await this.#sql.query(FAIL_REPORTS);
    await this.#sql.query(FAIL_FILES);
    await this.#bindings.load(this.#sql, this.#underWay.keys());
    await this.#deliverRead(UNDELIVERED_ALL);
    await this.#messages.deliver();
    for (const { id } of await this.#sql.query<{ id: string }>(SESSIONS_TO_END)) this.endSession(id);
  }

  [Symbol.dispose](): void {
    this.#messages[Symbol.dispose]();
  }

  /** When nothing is being started or confirmed any more. */
  async settled(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  /** The session that has the task or shall have it; undefined when one is to be waited for. */
  #choose(task: AssignedTask): LiveSession | "start" | undefined {
    const { sessions } = this.#options;
    if (task.assigned_session_id !== null) return sessions.get(task.assigned_session_id);
    const workers = sessions
      .ofServer(task.assigned_server_id)
      .filter((session) => session.role === "worker" && session.status !== "lost" && session.closedBy === undefined);
    const given = this.#bindings.sessionOf(task.id);
    const getsCheckout =
      task.checkout_repo !== null && this.#options.connections.versionOf(task.assigned_server_id) !== 1;
    const own =
      workers.find((session) => session.id === given) ??
      workers.find((session) => session.taskId === task.id && !this.#bindings.hasOther(session.id, task.id)) ??
      workers.find(
        (session) => session.agentStatus === "idle" && !getsCheckout && !session.inCheckout && this.#isFree(session),
      );
    if (own) return own;
    if (getsCheckout) return "start";
    // After a reconnect the daemon is about to say which of these it still has; a new one could be one too many.
    const mayTake = (session: LiveSession) => !session.inCheckout && this.#takesWork(session);
    if (!workers.some((session) => session.status === "disconnected" && mayTake(session))) return "start";
    this.#returning.add(task.assigned_server_id);
    return undefined;
  }

  /** At its prompt and with nothing else to do. */
  #canTake(session: LiveSession, task: AssignedTask): boolean {
    // Who gives a task to a shell knows what reads there; the line that is typed quotes nobody.
    return (
      session.status === "active" &&
      session.agentStatus === "idle" &&
      !session.typedInto &&
      session.closedBy === undefined &&
      !this.#bindings.hasOther(session.id, task.id)
    );
  }

  #isFree(session: LiveSession): boolean {
    return session.status === "active" && this.#takesWork(session);
  }

  /** A worker that nothing is meant for. A shell would run what is typed into it. */
  #takesWork(session: LiveSession): boolean {
    return (
      session.role === "worker" &&
      session.agent !== "shell" &&
      session.closedBy === undefined &&
      this.#bindings.tasksOf(session.id).length === 0 &&
      !this.#starter.isMeant(session)
    );
  }

  #sessionChanged(session: LiveSession): void {
    const { status, agentStatus, serverId } = session;
    if (status === "closed" || status === "error") this.#messages.sessionEnded(session.id);
    if (status === "closed" || status === "error" || status === "lost") {
      this.#background(this.#chooseAgain(session));
    } else if (status === "active" && agentStatus === "idle") {
      this.#background(this.#deliverOn(serverId).then(() => this.#messages.deliver()));
    } else if (status === "active" && agentStatus === "waiting") {
      this.#background(this.#messages.deliver());
    } else if (status === "active" && this.#returning.delete(serverId)) {
      this.#background(this.#deliverOn(serverId));
    }
  }

  /** What was given to a session that is gone, and not begun, gets another one. */
  async #chooseAgain(session: LiveSession): Promise<void> {
    const isBack = session.status === "lost";
    if (!isBack) {
      await this.#starter.ended(session);
      await this.#sql.query(FAIL_ANSWERS);
      await this.#sql.query(FAIL_NOTES);
      await this.#sql.query(FAIL_REPORTS);
      await this.#sql.query(FAIL_FILES);
    }
    // A row that is being written would bring the session back.
    await this.#written();
    const unbegun = await this.#sql.query<{ id: string }>(FORGET_SESSION, [session.id, !isBack]);
    const gone = isBack ? unbegun.map(({ id }) => id) : this.#bindings.tasksOf(session.id);
    for (const taskId of gone) this.#bindings.release(taskId);
    this.#returning.delete(session.serverId);
    await this.#deliverOn(session.serverId);
  }

  async #deliverAgain(serverId: string): Promise<void> {
    await this.#written();
    await this.#sql.query(FORGET_UNSTARTED, [serverId]);
    await this.#deliverOn(serverId);
    await this.#messages.deliver();
  }

  async #deliverOn(serverId: string): Promise<void> {
    await this.#deliverRead(UNDELIVERED_ON, [serverId]);
  }

  /** Delivers what the rows say; of a task that was pushed while they were read, the row is read once more. */
  async #deliverRead(rows: Statement, values?: unknown[]): Promise<void> {
    const outdated = new Set<string>();
    this.#readings.add(outdated);
    const tasks = await this.#sql.query<AssignedTask>(rows, values).finally(() => this.#readings.delete(outdated));
    this.deliver(tasks.filter(({ id }) => !outdated.has(id)));
    for (const { id } of tasks) if (outdated.has(id)) await this.#deliverRead(UNDELIVERED_TASK, [id]);
  }

  /** When every push so far has its row. */
  async #written(): Promise<void> {
    await Promise.allSettled([...this.#underWay.values()].map(({ written }) => written));
  }

  async #confirm(task: AssignedTask, session: LiveSession): Promise<void> {
    const written = confirmDelivery(this.#options.pool, task, session);
    const underWay: UnderWay = { written, again: false };
    this.#underWay.set(task.id, underWay);
    let holds: boolean;
    try {
      holds = await written;
    } finally {
      this.#underWay.delete(task.id);
      for (const outdated of this.#readings) outdated.add(task.id);
    }
    this.#options.events.wake();
    if (!holds) await this.#unbind(task.id, session.id);
    if (!holds || underWay.again) await this.#deliverRead(UNDELIVERED_TASK, [task.id]);
  }

  /** The task was begun, taken away or blocked before the push had its row: whose it is, its row says. */
  async #unbind(taskId: string, sessionId: string): Promise<void> {
    const holder = await findHolder(this.#sql, taskId);
    if (holder !== sessionId && this.#bindings.sessionOf(taskId) === sessionId) this.release(taskId);
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
