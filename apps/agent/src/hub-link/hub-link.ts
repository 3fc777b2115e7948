import { setTimeout as sleep } from "node:timers/promises";
import { Backoff } from "@orchestratia/client/backoff";
import { HubClient } from "@orchestratia/client/http";
import { heartbeat } from "@orchestratia/protocol/operations/daemons";
import { CLOSE_CODES, type DaemonFrame, HubFrame } from "@orchestratia/protocol/server-link";
import { decodeTerminalFrame, TERMINAL_KINDS } from "@orchestratia/protocol/terminal-frame";
import type { Logger } from "pino";
import type { Agent } from "../agents/agent.ts";
import { contextText } from "../agents/context-text.ts";
import type { Conversations } from "../agents/conversations.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { Registration } from "../config.ts";
import type { Hooks } from "../hooks/hooks.ts";
import { ownHookCommand } from "../hooks/own-hook-command.ts";
import { mayStart } from "../policy/may-start.ts";
import { type RemoteOptions, RemoteRequests } from "../remote/remote-requests.ts";
import type { Terminal, TerminalState } from "../terminals/terminal.ts";
import type { Terminals } from "../terminals/terminals.ts";
import { deliveryOf } from "./deliveries.ts";
import { HubSession } from "./hub-session.ts";
import { InOrder } from "./in-order.ts";
import type { Report } from "./report.ts";
import { type SessionStart, sessionSpec } from "./session-start.ts";
import { HubSocket, OtherProtocolError, type Pings } from "./socket.ts";

const heartbeatEveryMs = 30_000;
const callLimitMs = 10_000;
const firstRetryMs = 1000;
const lastRetryMs = 30_000;

export interface HubLinkOptions {
  registration: Registration;
  terminals: Terminals;
  report: Report;
  agents: () => ReadonlyMap<string, Agent>;
  /** After so long an agent at a usage limit whose end nobody says is tried again; read when a session begins. */
  tryAgainMs: () => number;
  baseEnv: Record<string, string>;
  cliFolder: string | undefined;
  remote: RemoteOptions;
  conversations?: Conversations;
  hooks?: Pick<Hooks, "envFor" | "refresh">;
  log: Logger;
  clock?: Clock;
  heartbeatEveryMs?: number;
  firstRetryMs?: number;
  pings?: Pings;
}

/**
 * One registration's line to its hub: heartbeats, and a socket that is opened again whenever it breaks, for ever.
 *
 *   waiting → signing in → inventory sent (what lives here, what ended meanwhile) → open → waiting
 *
 * What the hub pushes is looked at only when the inventory is sent, in order for each session. Its answer says which of
 * the sessions live on, by which numbers; the others are closed.
 */
export class HubLink {
  readonly #options: HubLinkOptions;
  readonly #clock: Clock;
  readonly #client: HubClient;
  readonly #stopping = new AbortController();
  readonly #sessions = new Map<string, HubSession>();
  /** The sessions by their numbers on the hub, as far as it has said them on this link. */
  readonly #numbers = new Map<number, string>();
  readonly #inOrder: InOrder;
  /** What was running here when the hub was last told. */
  #inventoried: string[] = [];
  readonly #remote: RemoteRequests;
  #socket: HubSocket | undefined;
  /** The socket once the inventory went over it. */
  #told: HubSocket | undefined;

  constructor(options: HubLinkOptions) {
    const { registration } = options;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#client = new HubClient({
      baseUrl: registration.hub_url,
      headers: () => ({ "x-api-key": registration.api_key }),
    });
    this.#inOrder = new InOrder((error) =>
      options.log.error({ error: sentence(error) }, "a frame of the hub could not be handled"),
    );
    const link = {
      send: (frame: DaemonFrame) => this.#socket?.send(frame),
      sendFlushed: async (frame: DaemonFrame) => (await this.#socket?.sendFlushed(frame)) ?? false,
      sendInBackground: async (frame: Uint8Array | DaemonFrame) =>
        this.#socket?.turns.recording(frame instanceof Uint8Array ? frame : JSON.stringify(frame)),
      hold: (until: Promise<unknown>) => this.#socket?.hold(until),
    };
    this.#remote = new RemoteRequests(link, options.remote);
  }

  get registration(): Registration {
    return this.#options.registration;
  }

  /** Resolves after `stop`, which lets go of the sessions. */
  async run(): Promise<void> {
    await Promise.all([this.#keepConnected(), this.#keepBeating()]);
  }

  /** The session, if it is one of this registration. */
  session(id: string): HubSession | undefined {
    return this.#sessions.get(id);
  }

  stop(): void {
    this.#stopping.abort();
    this.#remote[Symbol.dispose]();
    this.#socket?.close();
    // Now, not when the socket has closed: another link may serve these terminals by then.
    for (const session of this.#sessions.values()) {
      session.detach();
      session[Symbol.dispose]();
    }
    this.#sessions.clear();
  }

  #callSignal(): AbortSignal {
    return AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(callLimitMs)]);
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }

  async #keepBeating(): Promise<void> {
    const { report, log } = this.#options;
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#client.call(heartbeat, { body: await report.heartbeat(), signal: this.#callSignal() });
      } catch (error) {
        log.warn({ error: sentence(error) }, "the heartbeat failed");
      }
      await this.#pause(this.#options.heartbeatEveryMs ?? heartbeatEveryMs);
    }
  }

  async #keepConnected(): Promise<void> {
    const { log } = this.#options;
    const backoff = new Backoff({ firstMs: this.#options.firstRetryMs ?? firstRetryMs, mostMs: lastRetryMs });
    while (!this.#stopping.signal.aborted) {
      try {
        const code = await this.#serve(() => backoff.reset());
        log.warn({ code }, "the link to the hub broke");
        // Two daemons with one key would push each other out for ever.
        if (code === CLOSE_CODES.superseded) await this.#pause(lastRetryMs);
      } catch (error) {
        log.warn({ error: sentence(error) }, "no link to the hub");
        if (error instanceof OtherProtocolError) await this.#pause(lastRetryMs);
      }
      await this.#pause(backoff.next());
    }
  }

  /** Connects and serves until the socket closes; answers its close code. */
  async #serve(onSignedIn: () => void): Promise<number> {
    const { registration, log } = this.#options;
    const gate = deferred<void>();
    const closed = deferred<number>();
    const events = {
      onFrame: (frame: unknown) => void gate.promise.then(() => this.#receive(frame)),
      onBinary: (frame: Uint8Array) => void gate.promise.then(() => this.#receiveBytes(frame)),
      onClose: closed.resolve,
    };
    const socket = await HubSocket.open(registration.hub_url, registration.api_key, events, this.#options.pings);
    this.#socket = socket;
    if (this.#stopping.signal.aborted) socket.close();
    onSignedIn();
    log.info({ hub: registration.hub_url, server: registration.name }, "linked to the hub");
    void this.#options.hooks?.refresh(registration);
    const inventory = this.#takeInventory(socket).then(gate.resolve, (error: unknown) => {
      log.warn({ error: sentence(error) }, "the inventory failed");
      socket.close();
    });
    const code = await closed.promise;
    this.#socket = undefined;
    this.#told = undefined;
    this.#numbers.clear();
    this.#remote.linkLost();
    for (const session of this.#sessions.values()) session.detach();
    await inventory;
    return code;
  }

  /** Tells the hub in one frame what there is, and everything that happens from there on. */
  async #takeInventory(socket: HubSocket): Promise<void> {
    const { terminals, registration } = this.#options;
    const states = new Map<string, TerminalState>();
    const unseen = () =>
      terminals.all().filter(({ id, record }) => record.server_id === registration.server_id && !states.has(id));
    // Sessions that start meanwhile belong into it as well.
    for (let here = unseen(); here.length > 0; here = unseen())
      await Promise.all(here.map(async (terminal) => states.set(terminal.id, await terminal.look())));
    const sessions = [...states].flatMap(([id, state]) => {
      const terminal = terminals.get(id);
      return terminal ? [{ session: this.#sessionOf(terminal), state }] : [];
    });
    this.#inventoried = sessions.map(({ session }) => session.id);
    socket.send({ type: "inventory", sessions: sessions.map(({ session, state }) => session.inventory(state)) });
    this.#told = socket;
    for (const { session } of sessions) session.attach(socket);
  }

  #answered({ sessions }: Extract<HubFrame, { type: "inventory" }>): void {
    const named = new Set(sessions.map(({ session_id }) => session_id));
    for (const { session_id, number, recorded } of sessions) this.#named(session_id, number, recorded);
    for (const id of this.#inventoried) {
      const session = named.has(id) ? undefined : this.#sessions.get(id);
      if (!session || session.terminal.exit) continue;
      this.#options.log.warn({ session: id }, "the hub does not want this session any more: it is closed");
      session.terminal.close();
    }
    this.#inventoried = [];
  }

  #named(id: string, number: number, recorded: number): void {
    const session = this.#sessions.get(id);
    if (!session) return;
    this.#numbers.set(number, id);
    session.named(number, recorded);
  }

  #sessionOf(terminal: Terminal): HubSession {
    const known = this.#sessions.get(terminal.id);
    if (known) return known;
    const { conversations } = this.#options;
    const session = new HubSession(terminal, this.#options.agents().get(terminal.record.agent), {
      clock: this.#clock,
      tryAgainMs: this.#options.tryAgainMs(),
      onConversation: (id) => conversations?.remember(terminal.id, { agent: terminal.record.agent, id }),
      onGone: () => this.#sessions.delete(terminal.id),
    });
    this.#sessions.set(terminal.id, session);
    return session;
  }

  /** Never throws: one bad frame must not cost the link. */
  #receive(raw: unknown): void {
    const frame = HubFrame.safeParse(raw);
    if (!frame.success) {
      this.#options.log.debug({ frame: typeOf(raw) }, "a frame of the hub was not understood");
      return;
    }
    const { data } = frame;
    // What is typed may come right behind, while the session is still being started.
    if (data.type === "session_start" && data.number !== undefined) this.#numbers.set(data.number, data.session_id);
    if (data.type === "inventory") this.#answered(data);
    else if (data.type === "approval_rules_updated") void this.#options.hooks?.refresh(this.registration);
    else if (isForSession(data)) this.#inOrder.run(data.session_id, () => this.#handle(data));
    else this.#remote.receive(data);
  }

  #receiveBytes(bytes: Uint8Array): void {
    const frame = decodeTerminalFrame(bytes);
    if (frame?.kind === TERMINAL_KINDS.file) {
      this.#remote.receiveBytes(frame.session, frame.offset, frame.payload);
      return;
    }
    const id = frame && this.#numbers.get(frame.session);
    if (id === undefined || frame?.kind !== TERMINAL_KINDS.input) return;
    this.#inOrder.run(id, () => this.#sessions.get(id)?.input(frame.payload));
  }

  #handle(frame: SessionFrame): Promise<void> | void {
    const session = this.#sessions.get(frame.session_id);
    switch (frame.type) {
      case "session_start":
        return session ? this.#started(session, frame.number) : this.#start(frame);
      case "session_resize":
        return session?.terminal.resize(frame.cols, frame.rows);
      case "session_close":
        if (session) session.terminal.close();
        else this.#socket?.send({ type: "session_closed", session_id: frame.session_id, exit_code: null });
        return;
      case "session_closed_ack":
        void session?.endKnown();
        return;
      case "session_watch":
        return session?.watch(frame.from);
      case "session_unwatch":
        return session?.unwatch();
      case "session_snapshot":
        return session?.takeSnapshot();
      case "ack":
        return session?.ack(frame.offset);
      case "recorded":
        return session?.recorded(frame.segment);
      case "session_driver":
        return session?.terminal.driver(frame.user);
      case "capture_scrollback":
        if (session) void session.sendScrollback();
        else this.#refuseScrollback(frame.session_id);
        return;
      default:
        this.#deliver(session, frame);
    }
  }

  #refuseScrollback(id: string): void {
    this.#socket?.send({
      type: "scrollback_captured",
      session_id: id,
      lines: [],
      error: "there is no such session here",
    });
  }

  #deliver(session: HubSession | undefined, frame: SessionFrame): void {
    if (frame.type === "prompt_answer" && session && !session.terminal.exit) {
      session.answerPrompt(frame.text, frame.delivery_id);
      return;
    }
    const delivery = deliveryOf(frame);
    const id = "delivery_id" in frame ? frame.delivery_id : undefined;
    if (delivery && session && !session.terminal.exit) {
      session.deliver(delivery, id);
      return;
    }
    this.#options.log.warn({ frame: frame.type, session: frame.session_id }, "a message for an agent cannot be typed");
    if (id === undefined) return;
    const reason = delivery ? "there is no such session here any more" : "this daemon does not know this message";
    this.#socket?.send({
      type: "delivery",
      delivery_id: id,
      session_id: frame.session_id,
      state: "failed",
      reason,
    });
  }

  async #start(frame: SessionStart): Promise<void> {
    const { registration, terminals, agents, baseEnv, cliFolder, remote, hooks, conversations, log } = this.#options;
    try {
      const { transfersFolder } = remote;
      const launch = hooks && {
        folder: terminals.folderOf(frame.session_id),
        hookCommand: ownHookCommand(),
        contextText,
        conversation: frame.resumes === undefined ? undefined : this.#conversationOf(frame.resumes, frame.agent),
      };
      const here = { registration, agents: agents(), baseEnv, cliFolder, transfersFolder, launch };
      const spec = sessionSpec(frame, here);
      mayStart(remote.policy().sessions, {
        agent: spec.agent,
        cwd: spec.cwd,
        isCommand: frame.command !== undefined,
        always: [remote.workspace.folder],
      });
      const terminal = await terminals.start({ ...spec, env: { ...spec.env, ...hooks?.envFor(spec.id) } });
      // Not every agent tells of a conversation that it goes on with.
      if (launch?.conversation !== undefined)
        conversations?.remember(spec.id, { agent: spec.agent, id: launch.conversation });
      log.info({ session: spec.id, agent: spec.agent, cwd: spec.cwd, pid: terminal.record.pid }, "session started");
      this.#started(this.#sessionOf(terminal), frame.number);
    } catch (error) {
      log.warn({ session: frame.session_id, error: sentence(error) }, "session not started");
      this.#socket?.send({ type: "session_error", session_id: frame.session_id, error: sentence(error) });
    }
  }

  /** Throws when there is none: an agent that begins anew is not what was asked for. */
  #conversationOf(session: string, agent: string | undefined): string {
    const conversation = this.#options.conversations?.of(session);
    if (conversation && conversation.agent === agent) return conversation.id;
    throw new Error("the conversation of that session is not known here any more");
  }

  /** Before the inventory of a link has been sent, that will tell it. */
  #started(session: HubSession, number: number | undefined): void {
    if (!this.#told) return;
    session.attach(this.#told);
    if (number !== undefined && session.number === undefined) this.#named(session.id, number, 0);
    session.tellStarted();
  }
}

type SessionFrame = Extract<HubFrame, { session_id: string }>;

/** What is not about one session says which machine is meant by coming to it. */
const isForSession = (frame: HubFrame): frame is SessionFrame => "session_id" in frame;

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const typeOf = (raw: unknown): unknown =>
  typeof raw === "object" && raw !== null && "type" in raw ? raw.type : typeof raw;

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
