import { once } from "node:events";
import { HubClient } from "@orchestratia/client/http";
import type { AgentStatus } from "@orchestratia/domain/vocabulary";
import { heartbeat, listAccessGrants, registerServer } from "@orchestratia/protocol/operations/daemons";
import { type DaemonFrame, HubFrame } from "@orchestratia/protocol/server-link";
import type { Heartbeat, Registration } from "@orchestratia/protocol/servers";
import { WebSocket } from "ws";
import type { z } from "zod";
import { FrameQueue } from "./frame-queue.ts";

type FrameOf<T extends HubFrame["type"]> = Extract<HubFrame, { type: T }>;
type Sent = z.input<typeof DaemonFrame>;

export interface FakeDaemonOptions {
  /** Such as `http://127.0.0.1:8000`. */
  url: string;
  apiKey: string;
  /** Answer session_start and session_close as a daemon with real terminals would; true unless said otherwise. */
  answers?: boolean;
  /** Sent behind session_started; a version 1 daemon sends none. */
  agentStatus?: AgentStatus;
  /** Told of every frame, after what the daemon itself did about it. */
  onFrame?: (frame: HubFrame) => void;
}

/** A terminal that the fake daemon has. */
interface Terminal {
  pid: number;
  tmux_name: string;
  working_dir: string;
}

/**
 * A version 1 daemon without terminals: it speaks over the real socket and REST, keeps what the hub pushed, and can be
 * made to say whatever a daemon may say. Its terminals outlive the connection, as real ones do.
 */
export class FakeDaemon implements AsyncDisposable {
  readonly client: HubClient;
  readonly terminals = new Map<string, Terminal>();
  readonly #options: FakeDaemonOptions;
  #socket: WebSocket | undefined;
  #frames = new FrameQueue<HubFrame>();
  #pid = 1000;

  constructor(options: FakeDaemonOptions) {
    this.#options = options;
    this.client = new HubClient({ baseUrl: options.url, headers: () => ({ "x-api-key": options.apiKey }) });
  }

  /** Registers with a one-time token, as `orchestratia-agent --register` does. */
  static async register(
    url: string,
    registration: Partial<z.input<typeof Registration>> & { registration_token: string },
    options: Omit<FakeDaemonOptions, "url" | "apiKey"> = {},
  ): Promise<FakeDaemon & { serverId: string; apiKey: string }> {
    const body = { name: "fake", hostname: "fake.local", os: "linux", ip: "0.0.0.0", ...registration };
    const registered = await new HubClient({ baseUrl: url }).call(registerServer, { body });
    const daemon = new FakeDaemon({ ...options, url, apiKey: registered.api_key });
    return Object.assign(daemon, { serverId: registered.id, apiKey: registered.api_key });
  }

  /** Signs in, reports its terminals, and reads the access grants, in this order, as a version 1 daemon does. */
  async connect(): Promise<void> {
    await this.open();
    this.send({ type: "auth", api_key: this.#options.apiKey });
    await this.next("auth_ok");
    for (const [session_id, terminal] of this.terminals) {
      this.send({ type: "session_started", session_id, ...terminal, recovered: true });
    }
    await this.endInventory();
  }

  /** Opens the socket and says nothing. */
  async open(): Promise<void> {
    const socket = new WebSocket(`${this.#options.url.replace(/^http/, "ws")}/ws/server`);
    this.#socket = socket;
    const frames = new FrameQueue<HubFrame>();
    this.#frames = frames;
    socket.on("message", (data: Buffer) => {
      const frame = HubFrame.parse(JSON.parse(data.toString()));
      frames.add(frame);
      if (this.#socket !== socket) return;
      this.#answer(frame);
      this.#options.onFrame?.(frame);
    });
    socket.on("close", (code, reason) => frames.end({ code, reason: reason.toString() }));
    socket.on("error", () => socket.terminate());
    await once(socket, "open");
  }

  /** What ends a version 1 inventory. */
  async endInventory(): Promise<void> {
    await this.client.call(listAccessGrants);
  }

  async heartbeat(report: z.input<typeof Heartbeat> = {}): Promise<void> {
    await this.client.call(heartbeat, { body: report });
  }

  /** Every frame of this connection, in order. */
  get frames(): readonly HubFrame[] {
    return this.#frames.all;
  }

  /** The first frame of the type that was not handed out yet, now or when it comes. */
  async next<T extends HubFrame["type"]>(type: T): Promise<FrameOf<T>> {
    return (await this.#frames.next((frame) => frame.type === type, type)) as FrameOf<T>;
  }

  /** How the hub closed the connection. */
  get closed(): Promise<{ code: number; reason: string }> {
    return this.#frames.ended;
  }

  send(frame: Sent): void {
    this.sendRaw(JSON.stringify(frame));
  }

  sendRaw(data: string | Buffer): void {
    this.#socket?.send(data);
  }

  output(session_id: string, data: string | Uint8Array): void {
    this.send({ type: "session_output", session_id, data: Buffer.from(data).toString("base64") });
  }

  status(session_id: string, agent_status: AgentStatus): void {
    this.send({ type: "session_status", session_id, agent_status });
  }

  /** The terminal's program ends. */
  exit(session_id: string, exit_code: number | null = 0): void {
    this.terminals.delete(session_id);
    this.send({ type: "session_closed", session_id, exit_code });
  }

  /** Stops and goes on reading. */
  stall(): void {
    this.#socket?.pause();
  }

  goOn(): void {
    this.#socket?.resume();
  }

  /** The link breaks without a word; the terminals live on. */
  async cut(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.terminate();
    await this.#frames.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket) await this.cut();
  }

  #answer(frame: HubFrame): void {
    if (this.#options.answers === false) return;
    if (frame.type === "session_start") this.#start(frame);
    if (frame.type === "session_close" && this.terminals.has(frame.session_id)) this.exit(frame.session_id, -1);
  }

  #start({ session_id, working_directory }: FrameOf<"session_start">): void {
    this.#pid += 1;
    const terminal = { pid: this.#pid, tmux_name: "", working_dir: working_directory ?? "/home/fake" };
    this.terminals.set(session_id, terminal);
    this.send({ type: "session_started", session_id, ...terminal });
    if (this.#options.agentStatus) this.status(session_id, this.#options.agentStatus);
  }
}
