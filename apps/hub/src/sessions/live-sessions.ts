import type { AgentStatus, SessionRole, SessionStatus } from "@orchestratia/domain/vocabulary";
import type { AgentWait } from "@orchestratia/protocol/agent-wait";
import type { Actor, ProjectId, ServerId, SessionId } from "@orchestratia/protocol/vocabulary";
import type { OutputFeed } from "./output-feed.ts";
import type { OutputWindow } from "./output-window.ts";

/** How many ended sessions' output can still be looked at. */
const ENDED_KEPT = 32;

/** What the hub keeps in memory of a session whose program may still run. */
export interface LiveSession {
  readonly id: SessionId;
  readonly number: number;
  readonly projectId: ProjectId;
  readonly serverId: ServerId;
  readonly name: string;
  agent: string;
  readonly role: SessionRole;
  readonly startedByHub: boolean;
  readonly createdAt: Date;
  readonly status: SessionStatus;
  readonly agentStatus: AgentStatus;
  /** What its agent waits for, if its daemon says so. */
  readonly waiting: AgentWait | null;
  /** The task it was started for, later the last one it worked on. */
  taskId: string | null;
  /** It stands in the checkout of the task that it was started for: no other task is given to it. */
  readonly inCheckout: boolean;
  /** What a version 1 daemon calls it; empty without tmux. */
  tmuxName: string;
  cols: number;
  rows: number;
  /** Who asked for its end. */
  closedBy?: Actor;
  /** The daemon launches agents by itself and says what they do; else the hub types and looks. */
  tellsStatus: boolean;
  /** The hub has typed its agent's command, or a person said that the agent runs. */
  launched: boolean;
  /** Since then its agent has shown itself on the screen. */
  agentSeen: boolean;
  /** Something was typed into it, and its screen has not changed since: nobody knows whether it is at its prompt. */
  typedInto: boolean;
  /** The last screen that its daemon showed, bounded. */
  screen: readonly string[];
  readonly output: OutputWindow;
  /** How output is asked for. */
  readonly feed: OutputFeed;
}

export type SessionListener = (session: LiveSession) => void;

/**
 * The sessions whose programs may still run (starting, active, disconnected, lost): a picture of the rows, changed only
 * after the transaction that changed the row.
 */
export class LiveSessions {
  readonly #byId = new Map<string, LiveSession>();
  readonly #byNumber = new Map<number, LiveSession>();
  readonly #byServer = new Map<string, Set<LiveSession>>();
  readonly #ended = new Map<string, LiveSession>();
  readonly #listeners = new Set<SessionListener>();

  get(id: string): LiveSession | undefined {
    return this.#byId.get(id);
  }

  byNumber(number: number): LiveSession | undefined {
    return this.#byNumber.get(number);
  }

  /** One that ended lately: its last bytes may still come. */
  endedByNumber(number: number): LiveSession | undefined {
    return [...this.#ended.values()].find((session) => session.number === number);
  }

  ofServer(serverId: string): LiveSession[] {
    return [...(this.#byServer.get(serverId) ?? [])];
  }

  all(): LiveSession[] {
    return [...this.#byId.values()];
  }

  /** Also one that ended lately: its output can still be read. */
  watchable(id: string): LiveSession | undefined {
    return this.#byId.get(id) ?? this.#ended.get(id);
  }

  add(session: LiveSession): void {
    this.#byId.set(session.id, session);
    this.#byNumber.set(session.number, session);
    const ofServer = this.#byServer.get(session.serverId);
    if (ofServer) ofServer.add(session);
    else this.#byServer.set(session.serverId, new Set([session]));
  }

  /** Follows the row; a session that ended leaves. Nothing is told when nothing changed. */
  change(id: string, changed: { status?: SessionStatus; agentStatus?: AgentStatus; waiting?: AgentWait | null }): void {
    const session = this.#byId.get(id);
    if (!session) return;
    const { status, agentStatus, waiting } = { ...session, ...changed };
    if (status === session.status && agentStatus === session.agentStatus && waiting === session.waiting) return;
    Object.assign(session, { status, agentStatus, waiting });
    if (status === "closed" || status === "error") this.#end(session);
    for (const listener of this.#listeners) listener(session);
  }

  /** Its screen has changed since something was typed: who has more to type is told as of a change. */
  typedTextShown(session: LiveSession): void {
    if (!session.typedInto) return;
    session.typedInto = false;
    for (const listener of this.#listeners) listener(session);
  }

  /** Told of every change of status or agent status. Returns how to stop listening. */
  onChange(listener: SessionListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #end(session: LiveSession): void {
    session.feed.unlinked();
    this.#byId.delete(session.id);
    this.#byNumber.delete(session.number);
    const ofServer = this.#byServer.get(session.serverId);
    ofServer?.delete(session);
    if (ofServer?.size === 0) this.#byServer.delete(session.serverId);
    this.#ended.set(session.id, session);
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= ENDED_KEPT) break;
      this.#ended.delete(oldest);
    }
  }
}
