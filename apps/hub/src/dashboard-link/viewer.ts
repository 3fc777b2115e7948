import type { Activity } from "@orchestratia/protocol/activity";
import { fromBase64 } from "@orchestratia/protocol/base64";
import type { ViewerFrame } from "@orchestratia/protocol/dashboard-link";
import { maySend } from "@orchestratia/protocol/may-call";
import { Problem, type ProblemCode } from "@orchestratia/protocol/problems";
import { TERMINAL_KINDS, type TerminalFrame } from "@orchestratia/protocol/terminal-frame";
import type { AccessibleProject } from "../access/accessible-project.ts";
import { powersOf } from "../access/powers.ts";
import { recordTakeOver } from "../sessions/record-take-over.ts";
import { resizeSession } from "../sessions/resize-session.ts";
import type { SessionHub } from "../sessions/session-hub.ts";
import { typeIntoSession } from "../sessions/type-into-session.ts";
import { Turns } from "../sockets/turns.ts";
import { Attachment } from "./attachment.ts";
import type { Audiences } from "./audiences.ts";
import { factText } from "./fact-frame.ts";
import { outputText } from "./output-frame.ts";
import { Subscription } from "./subscription.ts";
import { mustSee, openTopic } from "./topics.ts";
import type { ViewerConnection } from "./viewer-connection.ts";

export interface ViewerParts {
  hub: SessionHub;
  audiences: Audiences;
  /** The position of the last fact that was published. */
  position: () => number;
}

type FrameOf<T extends ViewerFrame["type"]> = Extract<ViewerFrame, { type: T }>;

/** What a problem is about. */
interface About {
  topic?: string;
  session_id?: string;
}

/** What is for the audit trail. */
const DENIALS: readonly ProblemCode[] = ["forbidden", "project_not_found", "task_not_found", "session_not_found"];

/** What one signed-in viewer has subscribed to and attached to. */
export class Viewer {
  readonly #parts: ViewerParts;
  readonly #connection: ViewerConnection;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #attachments = new Map<string, Attachment>();
  readonly #turns = new Turns((error) => this.#tellProblem(error, {}));
  #ended = false;
  /** Counts how often rights were to be checked: what was seen before may not hold any more. */
  #checks = 0;
  #checked: Promise<unknown> = Promise.resolve();

  constructor(parts: ViewerParts, connection: ViewerConnection) {
    this.#parts = parts;
    this.#connection = connection;
  }

  /** Frames about one session, and those about topics, are served in the order in which they came. */
  receive(frame: ViewerFrame): void {
    this.#turns.run("session_id" in frame ? frame.session_id : "topics", () => this.#serve(frame));
  }

  /** Bytes for the terminal with that number. */
  type(frame: TerminalFrame): void {
    if (frame.kind !== TERMINAL_KINDS.input) return;
    const attachment = [...this.#attachments.values()].find(({ session }) => session.number === frame.session);
    try {
      this.#typeInto(attachment, frame.payload);
    } catch (error) {
      this.#refuse(error, attachment ? { session_id: attachment.session.id } : {});
    }
  }

  tell(activity: Activity): void {
    let wanted = false;
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.wants(activity)) wanted = true;
    }
    if (wanted) this.#connection.sendText(factText(activity));
    if (wanted && this.#subscriptions.has(`task:${activity.task_id}`)) this.#tellOutput(activity);
  }

  /** Pieces are read one after the other, so that they come in their order. */
  #tellOutput(activity: Activity): void {
    if (activity.event_type !== "task.output_added") return;
    const topic = `task:${activity.task_id}`;
    this.#turns.run(topic, async () => {
      const text = await outputText(this.#parts.hub.database.sql, activity);
      if (text !== undefined && this.#subscriptions.has(topic)) this.#connection.sendText(text);
    });
  }

  catchUp(): void {
    for (const attachment of this.#attachments.values()) attachment.catchUp();
  }

  /** Takes away what the viewer may not see any more. Checks come one after the other, and the newest has the last word. */
  checkAccess(): Promise<void> {
    this.#checks += 1;
    const check = this.#checked.then(() => this.#checkAccess());
    this.#checked = check.catch(() => {});
    return check;
  }

  async #checkAccess(): Promise<void> {
    const { database } = this.#parts.hub;
    for (const [topic, subscription] of this.#subscriptions) {
      try {
        subscription.reopen(await openTopic(database, this.#connection.caller, topic));
      } catch (error) {
        if (error instanceof Problem) this.#unsubscribe(topic);
        this.#tellProblem(error, { topic });
      }
    }
    for (const [session_id, { session, mayType }] of this.#attachments) {
      try {
        const project = await mustSee(database, this.#connection.caller, session.projectId, "session_not_found");
        if (mayType && !this.#mayType(project)) throw new Problem("forbidden");
      } catch (error) {
        if (error instanceof Problem) this.#detach(session_id);
        this.#tellProblem(error, { session_id });
      }
    }
  }

  end(): void {
    this.#ended = true;
    for (const topic of this.#subscriptions.keys()) this.#unsubscribe(topic);
    for (const id of this.#attachments.keys()) this.#detach(id);
  }

  async #serve(frame: ViewerFrame): Promise<void> {
    if (this.#ended) return;
    try {
      await this.#do(frame);
    } catch (error) {
      const about = "session_id" in frame ? { session_id: frame.session_id } : {};
      this.#refuse(error, frame.type === "subscribe" ? { topic: frame.topic } : about);
    }
  }

  async #do(frame: ViewerFrame): Promise<void> {
    switch (frame.type) {
      case "auth":
        if (frame.encoding) this.#connection.encoding = frame.encoding;
        return;
      case "subscribe":
        return this.#subscribe(frame);
      case "unsubscribe":
        return this.#unsubscribe(frame.topic);
      case "attach":
        return this.#attach(frame);
      case "detach":
        return this.#detach(frame.session_id);
      case "session_input":
        return this.#typeText(frame);
      case "session_resize":
        return this.#resize(frame);
      case "take_over":
        return this.#takeOver(frame);
      case "release":
        return this.#attachments.get(frame.session_id)?.release();
      case "ack":
        return this.#attachments.get(frame.session_id)?.acknowledge(frame.offset);
      case "ping":
        return this.#connection.send({ type: "pong" });
    }
  }

  async #subscribe({ topic, after }: FrameOf<"subscribe">): Promise<void> {
    const { hub, position } = this.#parts;
    const open = await this.#seen(() => openTopic(hub.database, this.#connection.caller, topic));
    if (this.#ended) return;
    this.#unsubscribe(topic);
    const subscription = new Subscription(topic, open, this.#connection);
    // From this line on live facts come here, and every fact up to this position can be read: nothing lies between.
    this.#subscriptions.set(topic, subscription);
    const now = position();
    if (after === undefined || after >= now) subscription.caughtUp(now);
    else await subscription.replay(hub.database, after, now);
  }

  /** Looks again when the rights were to be checked meanwhile: that check could not know of what is being opened. */
  async #seen<T>(look: () => Promise<T>): Promise<T> {
    for (;;) {
      const checks = this.#checks;
      const found = await look();
      if (checks === this.#checks) return found;
    }
  }

  #unsubscribe(topic: string): void {
    this.#subscriptions.get(topic)?.cancel();
    this.#subscriptions.delete(topic);
  }

  async #attach({ session_id, offset, cols, rows, mode, viewer }: FrameOf<"attach">): Promise<void> {
    const { hub, audiences } = this.#parts;
    const session = hub.sessions.watchable(session_id);
    const projectId = session?.projectId ?? (await projectOfEnded(hub, session_id));
    const project = await this.#seen(() =>
      mustSee(hub.database, this.#connection.caller, projectId, "session_not_found"),
    );
    if (!session) throw new Problem("session_not_live", "The session has ended and its output is not kept.");
    if (this.#ended) return;
    this.#detach(session_id);
    const mayType = mode === "drive" && this.#mayType(project);
    // With who it is: a secret that somebody else came to know takes nothing from its owner.
    const same = viewer === undefined ? undefined : `${this.#connection.callerId} ${viewer}`;
    const known = { ...(offset !== undefined && { offset }), ...(same !== undefined && { viewer: same }) };
    const audience = audiences.of(session);
    // A link that broke without a word is still there for a while, and its viewer has come back over another. What was asked
    // over the broken one may still be served after that, and must not take from the other.
    const before = (same === undefined ? [] : audience.of(same)).filter((each) => each.isOlderThan(this.#connection));
    const onHandedOver = () => this.#handOver(session_id);
    const wanted = { mayType, room: { cols, rows }, onHandedOver, ...known };
    const attachment = new Attachment(session, audience, this.#connection, wanted);
    this.#attachments.set(session_id, attachment);
    if (mayType && (!audience.driver || before.includes(audience.driver))) attachment.drive();
    const resized = attachment.drives ? resizeSession(hub, session, cols, rows) : undefined;
    attachment.begin();
    for (const each of before) each.handOver();
    await resized;
  }

  /** The viewer looks at the session over a newer link; this one ends once it has been left for that with all of them. */
  #handOver(sessionId: string): void {
    this.#detach(sessionId);
    if (this.#attachments.size === 0) this.#connection.cutOff();
  }

  #mayType(project: AccessibleProject): boolean {
    return maySend(powersOf(this.#connection.identity, project), "session_input");
  }

  #detach(sessionId: string): void {
    const attachment = this.#attachments.get(sessionId);
    if (!attachment) return;
    this.#attachments.delete(sessionId);
    attachment.end();
    this.#parts.audiences.tidy(attachment.session);
  }

  #typeText({ session_id, data }: FrameOf<"session_input">): void {
    const bytes = fromBase64(data);
    if (!bytes) throw new Problem("invalid_request", "The input is not base64.");
    this.#typeInto(this.#attachments.get(session_id), bytes);
  }

  #typeInto(attachment: Attachment | undefined, bytes: Uint8Array): void {
    const { hub } = this.#parts;
    const driver = withKeyboard(attachment);
    typeIntoSession(hub, driver.session, bytes);
    if (driver.drives) return;
    driver.drive();
    const { cols, rows } = driver.room;
    this.#turns.run(driver.session.id, () => resizeSession(hub, driver.session, cols, rows));
  }

  async #resize({ session_id, cols, rows }: FrameOf<"session_resize">): Promise<void> {
    const attachment = withKeyboard(this.#attachments.get(session_id));
    attachment.room = { cols, rows };
    if (attachment.drives) await resizeSession(this.#parts.hub, attachment.session, cols, rows);
  }

  async #takeOver({ session_id, cols, rows }: FrameOf<"take_over">): Promise<void> {
    const { hub } = this.#parts;
    const attachment = mayDrive(this.#attachments.get(session_id));
    const { session, audience } = attachment;
    attachment.room = { cols, rows };
    await audience.inTurn(async () => {
      const from = audience.driver;
      if (from && from !== attachment) {
        await recordTakeOver(hub, session, this.#connection.caller, {
          from: from.viewerName,
          to: attachment.viewerName,
        });
      }
      if (!audience.has(attachment)) return;
      attachment.drive();
      await resizeSession(hub, session, cols, rows);
    });
  }

  /** Answers what the viewer asked for and may not have. */
  #refuse(error: unknown, about: About): void {
    this.#tellProblem(error, about);
    if (!(error instanceof Problem) || !DENIALS.includes(error.code)) return;
    const { topic, session_id } = about;
    const attachment = session_id === undefined ? undefined : this.#attachments.get(session_id);
    if (attachment) this.#connection.denied(error.code, attachment.session.projectId);
    else this.#connection.denied(error.code, null, topic ?? session_id);
  }

  #tellProblem(error: unknown, { topic, session_id }: About): void {
    const { log } = this.#parts.hub;
    if (!(error instanceof Problem)) log.error({ err: error }, "a viewer's frame could not be served");
    const document = (error instanceof Problem ? error : new Problem("internal")).toDocument();
    const problem = topic === undefined ? document : { topic, ...document };
    this.#connection.send({ type: "problem", problem, ...(session_id === undefined ? {} : { session_id }) });
  }
}

/** Throws forbidden when the viewer did not attach to type, or may not. */
function mayDrive(attachment: Attachment | undefined): Attachment {
  if (attachment?.mayType) return attachment;
  throw new Problem(
    "forbidden",
    "You watch this terminal; to type into it, attach in drive mode as a member of its project.",
  );
}

/** Throws not_the_driver when somebody else types. */
function withKeyboard(wanted: Attachment | undefined): Attachment {
  const attachment = mayDrive(wanted);
  const { driver } = attachment.audience;
  if (!driver || driver === attachment) return attachment;
  const { viewerName: name } = driver;
  throw new Problem("not_the_driver", `${name} types into this terminal; take over to type yourself.`, {
    driver: name,
  });
}

async function projectOfEnded(hub: SessionHub, sessionId: string): Promise<string | undefined> {
  const [row] = await hub.database.sql.query<{ project_id: string }>("select project_id from sessions where id = $1", [
    sessionId,
  ]);
  return row?.project_id;
}
