import { setTimeout as sleep } from "node:timers/promises";
import { Backoff } from "@orchestratia/client/backoff";
import { HubClient, RefusedError } from "@orchestratia/client/http";
import { heartbeat, listAccessGrants } from "@orchestratia/protocol/operations/daemons";
import { CLOSE_CODES, type DaemonFrame, HubFrame } from "@orchestratia/protocol/server-link";
import type { Logger } from "pino";
import type { Agent } from "../agents/agent.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { Registration } from "../config.ts";
import { type RemoteOptions, RemoteRequests } from "../remote/remote-requests.ts";
import type { Terminal } from "../terminals/terminal.ts";
import type { Terminals } from "../terminals/terminals.ts";
import { deliveryOf } from "./deliveries.ts";
import { HubSession } from "./hub-session.ts";
import type { Report } from "./report.ts";
import { type SessionStart, sessionSpec } from "./session-start.ts";
import { HubSocket } from "./socket.ts";

const heartbeatEveryMs = 30_000;
const callLimitMs = 10_000;
const firstRetryMs = 1000;
const lastRetryMs = 30_000;
/** How long ended sessions may take to hand over their last output before the hub hears that the inventory is complete. */
const inventoryLimitMs = 5000;

export interface HubLinkOptions {
  registration: Registration;
  terminals: Terminals;
  report: Report;
  agents: () => ReadonlyMap<string, Agent>;
  baseEnv: Record<string, string>;
  cliFolder: string | undefined;
  remote: RemoteOptions;
  log: Logger;
  clock?: Clock;
  heartbeatEveryMs?: number;
}

/**
 * One registration's line to its hub: heartbeats, and a socket that is opened again whenever it breaks, for ever.
 *
 *   waiting → signing in → inventory (what lives here, what ended meanwhile) → open → waiting
 *
 * What the hub pushes is looked at only when the inventory is complete, in order for each session.
 */
export class HubLink {
  readonly #options: HubLinkOptions;
  readonly #clock: Clock;
  readonly #client: HubClient;
  readonly #stopping = new AbortController();
  readonly #sessions = new Map<string, HubSession>();
  readonly #queues = new Map<string, Promise<void>>();
  readonly #remote: RemoteRequests;
  #socket: HubSocket | undefined;

  constructor(options: HubLinkOptions) {
    const { registration } = options;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#client = new HubClient({
      baseUrl: registration.hub_url,
      headers: () => ({ "x-api-key": registration.api_key }),
    });
    const link = {
      send: (frame: DaemonFrame) => this.#socket?.send(frame),
      sendFlushed: async (frame: DaemonFrame) => (await this.#socket?.sendFlushed(frame)) ?? false,
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
    const backoff = new Backoff({ firstMs: firstRetryMs, mostMs: lastRetryMs });
    while (!this.#stopping.signal.aborted) {
      try {
        const code = await this.#serve(() => backoff.reset());
        log.warn({ code }, "the link to the hub broke");
        // Two daemons with one key would push each other out for ever.
        if (code === CLOSE_CODES.superseded) await this.#pause(lastRetryMs);
      } catch (error) {
        log.warn({ error: sentence(error) }, "no link to the hub");
      }
      await this.#pause(backoff.next());
    }
  }

  /** Connects and serves until the socket closes; answers its close code. */
  async #serve(onSignedIn: () => void): Promise<number> {
    const { registration, log } = this.#options;
    const gate = deferred<void>();
    const closed = deferred<number>();
    const socket = await HubSocket.open(registration.hub_url, registration.api_key, {
      onFrame: (frame) => void gate.promise.then(() => this.#receive(frame)),
      onClose: closed.resolve,
    });
    this.#socket = socket;
    if (this.#stopping.signal.aborted) socket.close();
    onSignedIn();
    log.info({ hub: registration.hub_url, server: registration.name }, "linked to the hub");
    const inventory = this.#takeInventory().then(gate.resolve, (error: unknown) => {
      log.warn({ error: sentence(error) }, "the inventory failed");
      socket.close();
    });
    const code = await closed.promise;
    this.#socket = undefined;
    this.#remote.linkLost();
    for (const session of this.#sessions.values()) session.detach();
    await inventory;
    return code;
  }

  async #takeInventory(): Promise<void> {
    const { terminals, registration, log } = this.#options;
    const here = terminals.all().filter(({ record }) => record.server_id === registration.server_id);
    const reports = here.map(async (terminal) => {
      const session = this.#sessionOf(terminal);
      const reported = terminal.exit ? session.reported() : undefined;
      this.#attach(session, { isRecovered: true });
      await reported;
    });
    await Promise.race([Promise.all(reports), sleep(inventoryLimitMs, undefined, { ref: false })]);
    try {
      await this.#client.call(listAccessGrants, { signal: this.#callSignal() });
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      log.warn({ error: error.detail }, "the hub refused the end of the inventory");
    }
  }

  #sessionOf(terminal: Terminal): HubSession {
    const known = this.#sessions.get(terminal.id);
    if (known) return known;
    const session = new HubSession(terminal, this.#options.agents().get(terminal.record.agent), {
      clock: this.#clock,
      onGone: () => this.#sessions.delete(terminal.id),
    });
    this.#sessions.set(terminal.id, session);
    return session;
  }

  #attach(session: HubSession, how: { isRecovered: boolean }): void {
    const socket = this.#socket;
    if (socket) session.attach((frame, onFlushed) => socket.send(frame, onFlushed), how);
  }

  /** Never throws: one bad frame must not cost the link. */
  #receive(raw: unknown): void {
    const frame = HubFrame.safeParse(raw);
    if (!frame.success) {
      this.#options.log.debug({ frame: typeOf(raw) }, "a frame of the hub was not understood");
      return;
    }
    const { data } = frame;
    if (!isForSession(data)) {
      this.#remote.receive(data);
      return;
    }
    const before = this.#queues.get(data.session_id) ?? Promise.resolve();
    const after = before
      .then(() => this.#handle(data))
      .catch((error: unknown) => {
        this.#options.log.error(
          { error: sentence(error), frame: data.type },
          "a frame of the hub could not be handled",
        );
      })
      .finally(() => {
        if (this.#queues.get(data.session_id) === after) this.#queues.delete(data.session_id);
      });
    this.#queues.set(data.session_id, after);
  }

  async #handle(frame: SessionFrame): Promise<void> {
    const session = this.#sessions.get(frame.session_id);
    switch (frame.type) {
      case "session_start":
        if (session) session.reportStarted(true);
        else await this.#start(frame);
        return;
      case "session_input":
        session?.terminal.input(Buffer.from(frame.data, "base64"));
        return;
      case "session_resize":
        session?.terminal.resize(frame.cols, frame.rows);
        return;
      case "session_close":
        if (session) session.terminal.close();
        else this.#socket?.send({ type: "session_closed", session_id: frame.session_id, exit_code: null });
        return;
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

  #deliver(session: HubSession | undefined, frame: HubFrame): void {
    const delivery = deliveryOf(frame);
    if (!delivery || session?.deliver(delivery)) return;
    this.#options.log.warn({ frame: frame.type, session: session?.id }, "a message for an agent could not be typed");
  }

  async #start(frame: SessionStart): Promise<void> {
    const { registration, terminals, agents, baseEnv, cliFolder, remote, log } = this.#options;
    try {
      const { transfersFolder } = remote;
      const spec = sessionSpec(frame, { registration, agents: agents(), baseEnv, cliFolder, transfersFolder });
      const terminal = await terminals.start(spec);
      log.info({ session: spec.id, agent: spec.agent, cwd: spec.cwd, pid: terminal.record.pid }, "session started");
      this.#attach(this.#sessionOf(terminal), { isRecovered: false });
    } catch (error) {
      log.warn({ session: frame.session_id, error: sentence(error) }, "session not started");
      this.#socket?.send({ type: "session_error", session_id: frame.session_id, error: sentence(error) });
    }
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
