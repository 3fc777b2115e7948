import { DashboardFrame, type ViewerFrame } from "@orchestratia/protocol/dashboard-link";
import { decodeTerminalFrame, encodeTerminalFrame, TERMINAL_KINDS } from "@orchestratia/protocol/terminal-frame";
import { Backoff } from "./backoff.ts";

export type SocketState = "connecting" | "live" | "reconnecting" | "closed";

/** What a terminal on screen is told. */
export interface TerminalListener {
  onAttached(frame: Extract<DashboardFrame, { type: "attached" }>): void;
  onOutput(bytes: Uint8Array, offset: number): void;
  onProblem?(detail: string): void;
}

export interface DashboardSocketOptions {
  url: string;
  /** Signs in with the first message; without it the upgrade's cookie does. */
  token?: string;
  onState?: (state: SocketState) => void;
  onFrame?: (frame: DashboardFrame) => void;
  open?: (url: string) => WebSocket;
}

/** How far a topic's facts have come. */
interface Subscription {
  /** The last position that is known to have come with everything before it; undefined: only what is new. */
  after: number | undefined;
  /** Whether what was missed has come: until then a newer fact says nothing of the older ones. */
  caughtUp: boolean;
}

interface Attachment {
  cols: number;
  rows: number;
  mode: "watch" | "drive";
  number: number | undefined;
  /** Where the next byte belongs; sent again at a reconnect, so that only what is missing comes. */
  offset: number | undefined;
  listener: TerminalListener;
}

/**
 * One connection to `/ws/dashboard` that comes back by itself: after a gap it subscribes again behind the last
 * position and attaches again behind the last byte. connecting → live → reconnecting → live … → closed.
 */
export class DashboardSocket {
  readonly #options: DashboardSocketOptions;
  readonly #topics = new Map<string, Subscription>();
  readonly #attachments = new Map<string, Attachment>();
  readonly #backoff = new Backoff({ firstMs: 500, mostMs: 15_000 });
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: SocketState = "connecting";
  #ready = false;

  constructor(options: DashboardSocketOptions) {
    this.#options = options;
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

  attach(
    session_id: string,
    size: { cols: number; rows: number },
    mode: "watch" | "drive",
    listener: TerminalListener,
  ) {
    this.#attachments.set(session_id, { ...size, mode, number: undefined, offset: undefined, listener });
    this.#sendAttach(session_id);
  }

  detach(session_id: string): void {
    this.#attachments.delete(session_id);
    this.#send({ type: "detach", session_id } as ViewerFrame);
  }

  resize(session_id: string, size: { cols: number; rows: number }): void {
    const attachment = this.#attachments.get(session_id);
    if (attachment) Object.assign(attachment, size);
    this.#send({ type: "session_resize", session_id, ...size } as ViewerFrame);
  }

  /** False when there is no link to type into. */
  type(session_id: string, bytes: Uint8Array): boolean {
    const number = this.#attachments.get(session_id)?.number;
    if (!this.#ready || number === undefined) return false;
    this.#socket?.send(encodeTerminalFrame({ kind: TERMINAL_KINDS.input, session: number, offset: 0, payload: bytes }));
    return true;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#ready = false;
    this.#setState("closed");
    this.#socket?.close(1000);
  }

  #connect(): void {
    const socket = this.#options.open?.(this.#options.url) ?? new WebSocket(this.#options.url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#ready = false;
    socket.onopen = () => {
      if (this.#options.token !== undefined) socket.send(JSON.stringify({ type: "auth", token: this.#options.token }));
    };
    socket.onmessage = (event: MessageEvent) => {
      if (this.#socket === socket) this.#receive(event.data);
    };
    socket.onclose = () => {
      if (this.#socket === socket) this.#lost();
    };
    socket.onerror = () => socket.close();
  }

  #lost(): void {
    this.#ready = false;
    if (this.#state === "closed") return;
    this.#setState("reconnecting");
    this.#timer = setTimeout(() => this.#connect(), this.#backoff.next());
  }

  #receive(data: unknown): void {
    if (data instanceof ArrayBuffer) {
      this.#receiveOutput(new Uint8Array(data));
      return;
    }
    const parsed = DashboardFrame.safeParse(JSON.parse(String(data)));
    // A newer hub may send frames that this page does not know.
    if (!parsed.success) return;
    const frame = parsed.data;
    if (frame.type === "auth_ok") this.#welcome();
    if (frame.type === "attached") this.#attached(frame);
    if (frame.type === "problem" && frame.session_id !== undefined) {
      this.#attachments.get(frame.session_id)?.listener.onProblem?.(String(frame.problem.detail));
    }
    this.#advance(frame);
    this.#options.onFrame?.(frame);
  }

  #welcome(): void {
    this.#ready = true;
    this.#backoff.reset();
    this.#setState("live");
    for (const [topic, subscription] of this.#topics) {
      subscription.caughtUp = subscription.after === undefined;
      this.#sendSubscribe(topic, subscription.after);
    }
    for (const id of this.#attachments.keys()) this.#sendAttach(id);
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

  #attached(frame: Extract<DashboardFrame, { type: "attached" }>): void {
    const attachment = this.#attachments.get(frame.session_id);
    if (!attachment) return;
    attachment.number = frame.number;
    attachment.offset = frame.offset;
    attachment.listener.onAttached(frame);
  }

  #receiveOutput(bytes: Uint8Array): void {
    const frame = decodeTerminalFrame(bytes);
    if (!frame || frame.kind !== TERMINAL_KINDS.output) return;
    for (const attachment of this.#attachments.values()) {
      if (attachment.number !== frame.session) continue;
      attachment.offset = frame.offset + frame.payload.byteLength;
      attachment.listener.onOutput(frame.payload, frame.offset);
    }
  }

  #sendSubscribe(topic: string, after: number | undefined): void {
    this.#send({ type: "subscribe", topic, ...(after === undefined ? {} : { after }) });
  }

  #sendAttach(session_id: string): void {
    const attachment = this.#attachments.get(session_id);
    if (!attachment) return;
    const { cols, rows, mode, offset } = attachment;
    this.#send({
      type: "attach",
      session_id,
      cols,
      rows,
      mode,
      ...(offset === undefined ? {} : { offset }),
    } as ViewerFrame);
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
