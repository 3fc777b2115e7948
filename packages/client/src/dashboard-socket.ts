import { DashboardFrame, type ViewerFrame } from "@orchestratia/protocol/dashboard-link";
import { decodeTerminalFrame } from "@orchestratia/protocol/terminal-frame";
import { Backoff } from "./backoff.ts";
import { randomKey } from "./random-key.ts";
import { SignsOfLife } from "./signs-of-life.ts";
import { TerminalLine, type TerminalListener, type TerminalSize, type TerminalWire } from "./terminal-line.ts";

export type SocketState = "connecting" | "live" | "reconnecting" | "closed";

export interface DashboardSocketOptions {
  url: string;
  /** Signs in with the first message; without it the upgrade's cookie does. */
  token?: string;
  onState?: (state: SocketState) => void;
  onFrame?: (frame: DashboardFrame) => void;
  open?: (url: string) => WebSocket;
  /** Milliseconds between two looks whether the link still lives, and how long the hub may take to answer. */
  pingEveryMs?: number;
  pongLimitMs?: number;
  /** Milliseconds before the first try to come back. */
  firstRetryMs?: number;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
const PING_EVERY_MS = 15_000;
const PONG_LIMIT_MS = 10_000;
/** From opening a socket to the hub's welcome. */
const WELCOME_LIMIT_MS = 20_000;

/** How far a topic's facts have come. */
interface Subscription {
  /** The last position that is known to have come with everything before it; undefined: only what is new. */
  after: number | undefined;
  /** Whether what was missed has come: until then a newer fact says nothing of the older ones. */
  caughtUp: boolean;
}

/**
 * One connection to `/ws/dashboard` that comes back by itself: after a gap it subscribes again behind the last
 * position and attaches again behind the last byte. connecting → live → reconnecting → live … → closed.
 */
export class DashboardSocket {
  readonly #options: DashboardSocketOptions;
  readonly #viewer = randomKey();
  readonly #topics = new Map<string, Subscription>();
  readonly #lines = new Map<string, TerminalLine>();
  readonly #wire: TerminalWire;
  readonly #backoff: Backoff;
  #socket: WebSocket | undefined;
  /** Until the next try, or until the one under way counts as failed. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #life: SignsOfLife | undefined;
  #state: SocketState = "connecting";
  #ready = false;

  constructor(options: DashboardSocketOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ firstMs: options.firstRetryMs ?? FIRST_RETRY_MS, mostMs: LAST_RETRY_MS });
    this.#wire = this.#newWire();
    this.#connect();
  }

  get state(): SocketState {
    return this.#state;
  }

  /** Facts of a topic from `after` on (from now on without it). */
  subscribe(topic: string, after?: number): void {
    this.#topics.set(topic, { after, caughtUp: after === undefined });
    this.#sendSubscribe(topic, after);
  }

  unsubscribe(topic: string): void {
    this.#topics.delete(topic);
    this.#send({ type: "unsubscribe", topic });
  }

  /** Looks at a terminal; `drive` for whoever wants to type: they do when nobody else does. */
  attach(session_id: string, size: TerminalSize, mode: "watch" | "drive", listener: TerminalListener): void {
    const line = new TerminalLine(session_id, this.#wire, { size, mode, viewer: this.#viewer, listener });
    this.#lines.set(session_id, line);
    line.attach();
  }

  detach(session_id: string): void {
    this.#lines.get(session_id)?.detach();
    this.#lines.delete(session_id);
  }

  resize(session_id: string, size: TerminalSize): void {
    this.#lines.get(session_id)?.resize(size);
  }

  /** Types from here on, whoever did before. */
  takeOver(session_id: string): void {
    this.#lines.get(session_id)?.takeOver();
  }

  /** Gives the keyboard up. */
  release(session_id: string): void {
    this.#lines.get(session_id)?.release();
  }

  /** False when there is no link to type into. */
  type(session_id: string, bytes: Uint8Array): boolean {
    return this.#lines.get(session_id)?.type(bytes) ?? false;
  }

  /** Everything that the session printed before `offset` is on screen. */
  consumed(session_id: string, offset: number): void {
    this.#lines.get(session_id)?.consumed(offset);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#life?.[Symbol.dispose]();
    this.#ready = false;
    this.#setState("closed");
    this.#socket?.close(1000);
  }

  #connect(): void {
    const socket = this.#options.open?.(this.#options.url) ?? new WebSocket(this.#options.url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#ready = false;
    this.#timer = setTimeout(() => this.#giveUp(socket), WELCOME_LIMIT_MS);
    socket.onopen = () => {
      if (this.#options.token !== undefined) socket.send(JSON.stringify({ type: "auth", token: this.#options.token }));
    };
    socket.onmessage = (event: MessageEvent) => {
      if (this.#socket !== socket) return;
      this.#life?.heard();
      this.#receive(event.data);
    };
    socket.onclose = () => {
      if (this.#socket === socket) this.#lost();
    };
    socket.onerror = () => socket.close();
  }

  /** A socket on a dead network says that it has closed only minutes later: nobody waits for that. */
  #giveUp(socket: WebSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    socket.close();
    this.#lost();
  }

  #lost(): void {
    clearTimeout(this.#timer);
    this.#life?.[Symbol.dispose]();
    this.#ready = false;
    if (this.#state === "closed") return;
    this.#setState("reconnecting");
    this.#timer = setTimeout(() => this.#connect(), this.#backoff.next());
  }

  #receive(data: unknown): void {
    if (data instanceof ArrayBuffer) {
      this.#receiveBytes(new Uint8Array(data));
      return;
    }
    const parsed = DashboardFrame.safeParse(JSON.parse(String(data)));
    // A newer hub may send frames that this page does not know.
    if (!parsed.success) return;
    const frame = parsed.data;
    if (frame.type === "auth_ok") this.#welcome(frame.answers_ping ?? false);
    if ("session_id" in frame && frame.session_id !== undefined)
      this.#tellLine(this.#lines.get(frame.session_id), frame);
    this.#advance(frame);
    this.#options.onFrame?.(frame);
  }

  #welcome(answersPing: boolean): void {
    this.#ready = true;
    clearTimeout(this.#timer);
    this.#backoff.reset();
    if (answersPing) this.#life = this.#watch();
    this.#setState("live");
    for (const [topic, subscription] of this.#topics) {
      subscription.caughtUp = subscription.after === undefined;
      this.#sendSubscribe(topic, subscription.after);
    }
    for (const line of this.#lines.values()) line.attach();
  }

  #watch(): SignsOfLife | undefined {
    const socket = this.#socket;
    if (!socket) return undefined;
    this.#life?.[Symbol.dispose]();
    const { pingEveryMs: everyMs = PING_EVERY_MS, pongLimitMs: limitMs = PONG_LIMIT_MS } = this.#options;
    const onSilent = () => this.#giveUp(socket);
    return new SignsOfLife({ everyMs, limitMs, ask: () => this.#send({ type: "ping" }), onSilent });
  }

  #advance(frame: DashboardFrame): void {
    if (frame.type === "caught_up") {
      const subscription = this.#topics.get(frame.topic);
      if (!subscription) return;
      subscription.after = Math.max(subscription.after ?? 0, frame.position);
      subscription.caughtUp = true;
      return;
    }
    const position = positionOf(frame);
    if (position === undefined) return;
    for (const subscription of this.#topics.values()) {
      // An older fact is of another topic's past.
      if (subscription.caughtUp) subscription.after = Math.max(subscription.after ?? 0, position);
    }
  }

  #tellLine(line: TerminalLine | undefined, frame: DashboardFrame): void {
    if (frame.type === "attached") line?.attached(frame);
    if (frame.type === "driver") line?.driver(frame);
    if (frame.type === "resized") line?.resized(frame);
    if (frame.type === "problem") line?.listener.onProblem?.(String(frame.problem.detail));
  }

  #receiveBytes(bytes: Uint8Array): void {
    const frame = decodeTerminalFrame(bytes);
    if (!frame) return;
    for (const line of this.#lines.values()) if (line.number === frame.session) line.receive(frame);
  }

  #sendSubscribe(topic: string, after: number | undefined): void {
    this.#send({ type: "subscribe", topic, ...(after === undefined ? {} : { after }) });
  }

  #newWire(): TerminalWire {
    const buffered = () => this.#socket?.bufferedAmount ?? 0;
    const ready = () => this.#ready;
    return {
      send: (frame) => this.#send(frame),
      sendBytes: (bytes) => {
        if (this.#ready) this.#socket?.send(bytes as Uint8Array<ArrayBuffer>);
      },
      get buffered() {
        return buffered();
      },
      get ready() {
        return ready();
      },
    };
  }

  #send(frame: ViewerFrame): void {
    if (this.#ready) this.#socket?.send(JSON.stringify(frame));
  }

  #setState(state: SocketState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState?.(state);
  }
}

function positionOf(frame: DashboardFrame): number | undefined {
  if (frame.type === "task_event" || frame.type === "session_event" || frame.type === "caught_up")
    return frame.position;
  return frame.type === "activity" ? frame.activity.position : undefined;
}
