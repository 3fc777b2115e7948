import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { HubFrame } from "@orchestratia/protocol/server-link";
import { WebSocket } from "ws";
import { FrameQueue } from "../frame-queue.ts";
import { httpx, type V1Answer } from "./v1-http.ts";

type FrameOf<T extends HubFrame["type"]> = Extract<HubFrame, { type: T }>;

export const SYSTEM_INFO = {
  cpu_count: 4,
  cpu_percent: 1.5,
  memory_total_gb: 16.0,
  memory_percent: 20.1,
  disk_percent: 40.0,
  platform: "Linux",
  // The moment of its boot, in fact.
  uptime_seconds: 1767323045,
  os_username: "agent",
  agent_version: "0.20.0",
};

export interface V1DaemonOptions {
  url: string;
  key: string;
  /** Its working directory, and where files that it receives go. */
  home: string;
  /** Larger frames from the hub close the link. */
  maxFrameBytes?: number;
}

/** A tmux session: it outlives the daemon's process. */
interface Tmux {
  pid: number;
  directory: string;
}

interface Incoming {
  filename: string;
  parts: Buffer[];
  open: boolean;
}

/**
 * A version 1 daemon, made from what is known of the wire and nothing else: ids are forgotten with the process and found
 * again as tmux names, nothing is acknowledged or repeated, and the socket is read only after the grants are.
 */
export class V1Daemon implements AsyncDisposable {
  readonly options: V1DaemonOptions;
  /** `orc-` and the first 12 characters of the session's id. */
  readonly tmux = new Map<string, Tmux>();
  /** What the process knows of: session id (or tmux name) → tmux name. */
  readonly tracked = new Map<string, string>();
  readonly frames: HubFrame[] = [];
  /** Bytes of every text frame that came, as they were. */
  largestFrameBytes = 0;
  /** What was typed into each session by `session_input`. */
  readonly input = new Map<string, string>();
  /** The commands that it was asked to run, as they came. */
  readonly commands: string[] = [];
  /** Answers a remote command; false leaves the question open. */
  answersExec = true;
  /** Takes files that are offered; 0.20 takes every one. */
  acceptsFiles = true;
  readonly received: { filename: string; path: string; verified: boolean }[] = [];
  #queue = new FrameQueue<HubFrame>();
  #socket: WebSocket | undefined;
  readonly #leaked: WebSocket[] = [];
  readonly #incoming = new Map<string, Incoming>();
  #pid = 4000;

  constructor(options: V1DaemonOptions) {
    this.options = options;
  }

  get(pathname: string): Promise<V1Answer> {
    return httpx({ method: "GET", url: this.options.url + pathname, key: this.options.key });
  }

  post(pathname: string, body: unknown): Promise<V1Answer> {
    return httpx({ method: "POST", url: this.options.url + pathname, key: this.options.key, body });
  }

  async heartbeat(systemInfo: object = SYSTEM_INFO): Promise<void> {
    const { status } = await this.post("/api/v1/servers/heartbeat", { system_info: systemInfo });
    if (status >= 300) throw new Error(`the heartbeat was answered ${status}`);
  }

  /** Signs in, reports what lives, reads the grants, and only then listens. */
  async connect({ readsGrants = true } = {}): Promise<void> {
    const socket = new WebSocket(`${this.options.url.replace(/^http/, "ws")}/ws/server`, {
      maxPayload: this.options.maxFrameBytes ?? 2 ** 20,
      perMessageDeflate: true,
    });
    this.#socket = socket;
    const queue = new FrameQueue<HubFrame>();
    this.#queue = queue;
    const early: Buffer[] = [];
    let listens = false;
    socket.on("message", (data: Buffer) => {
      if (listens) this.#read(queue, data);
      else early.push(data);
    });
    socket.on("close", (code, reason) => queue.end({ code, reason: reason.toString() }));
    socket.on("error", () => socket.terminate());
    await once(socket, "open");
    const first = once(socket, "message", { signal: AbortSignal.timeout(5_000) });
    this.send({ type: "auth", api_key: this.options.key });
    const answer = JSON.parse(String((await first)[0]));
    if (answer.type !== "auth_ok") throw new Error(`refused: ${JSON.stringify(answer)}`);
    early.shift();
    this.frames.push(answer);
    for (const [session_id, name] of this.tracked) this.#reportStarted(session_id, name, true);
    const known = new Set(this.tracked.values());
    for (const [tmux_name, { pid, directory }] of this.tmux) {
      if (known.has(tmux_name)) continue;
      this.send({ type: "session_recovered", tmux_name, pid, working_dir: directory });
      // Without an acknowledgement it goes by this name.
      this.tracked.set(tmux_name, tmux_name);
    }
    if (readsGrants) await this.readGrants();
    void this.get("/api/v1/server/approval-rules");
    listens = true;
    for (const data of early) this.#read(queue, data);
  }

  async readGrants(): Promise<void> {
    const { status, text } = await this.get("/api/v1/server/access-grants");
    if (status !== 200 || !Array.isArray(JSON.parse(text))) throw new Error("the grants are no array");
  }

  /** A handler threw: it comes back by a new socket and leaves the old one open. */
  async reconnectAfterError(): Promise<void> {
    if (this.#socket) this.#leaked.push(this.#socket);
    await this.connect();
  }

  /** Ends the sockets that were left open, long after. */
  closeLeaked(): void {
    for (const socket of this.#leaked) socket.terminate();
  }

  /** The link breaks. */
  async cut(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.terminate();
    await this.#queue.ended;
  }

  /** `kill -9`: the process is gone with everything it knew, the terminals stay. */
  async kill(): Promise<void> {
    await this.cut();
    this.tracked.clear();
    this.#incoming.clear();
  }

  /** Stops to read, with everything that it has open. */
  stall(): void {
    this.#socket?.pause();
  }

  goOn(): void {
    this.#socket?.resume();
  }

  get closed(): Promise<{ code: number; reason: string }> {
    return this.#queue.ended;
  }

  next<T extends HubFrame["type"]>(type: T): Promise<FrameOf<T>> {
    return this.#queue.next((frame) => frame.type === type, type) as Promise<FrameOf<T>>;
  }

  all<T extends HubFrame["type"]>(type: T): FrameOf<T>[] {
    return this.frames.filter((frame): frame is FrameOf<T> => frame.type === type);
  }

  send(frame: object): void {
    this.sendRaw(JSON.stringify(frame));
  }

  sendRaw(data: string): void {
    this.#socket?.send(data);
  }

  output(session_id: string, text: string): void {
    this.send({ type: "session_output", session_id, data: Buffer.from(text).toString("base64") });
  }

  screen(session_id: string, ...lines: string[]): void {
    this.send({ type: "session_screen", session_id, lines });
  }

  /** The terminal's program ends. */
  exit(session_id: string, exit_code: number | null = 0): void {
    const name = this.tracked.get(session_id);
    if (name !== undefined) this.tmux.delete(name);
    this.tracked.delete(session_id);
    this.send({ type: "session_closed", session_id, exit_code });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closeLeaked();
    if (this.#socket) await this.cut();
  }

  #read(queue: FrameQueue<HubFrame>, data: Buffer): void {
    this.largestFrameBytes = Math.max(this.largestFrameBytes, data.length);
    const frame = HubFrame.parse(JSON.parse(data.toString()));
    this.frames.push(frame);
    this.#serve(frame);
    queue.add(frame);
  }

  #serve(frame: HubFrame): void {
    if (frame.type === "session_start") this.#start(frame);
    else if (frame.type === "session_recovered_ack") this.#acknowledged(frame);
    else if (frame.type === "session_input") this.#typed(frame);
    else if (frame.type === "session_close" && this.tracked.has(frame.session_id)) this.exit(frame.session_id, 0);
    else if (frame.type === "remote_exec") this.#exec(frame);
    else if (frame.type === "approval_rules_updated") void this.get("/api/v1/server/approval-rules");
    else if (frame.type === "file_send_start") void this.#sendFile(frame);
    else this.#receiveFile(frame);
  }

  #start({ session_id, working_directory }: FrameOf<"session_start">): void {
    const name = `orc-${session_id.slice(0, 12)}`;
    if (this.tmux.has(name)) {
      // tmux refuses a second one of this name, and its client ends.
      this.send({ type: "session_closed", session_id, exit_code: 1 });
      return;
    }
    this.#pid += 1;
    this.tmux.set(name, { pid: this.#pid, directory: working_directory ?? this.options.home });
    this.tracked.set(session_id, name);
    this.#reportStarted(session_id, name, false);
  }

  #reportStarted(session_id: string, name: string, recovered: boolean): void {
    const { pid, directory } = this.tmux.get(name) ?? { pid: 0, directory: "" };
    this.send({
      type: "session_started",
      session_id,
      pid,
      tmux_name: name,
      working_dir: directory,
      ...(recovered && { recovered }),
    });
  }

  #acknowledged({ session_id, tmux_name }: FrameOf<"session_recovered_ack">): void {
    this.tracked.delete(tmux_name);
    if (this.tmux.has(tmux_name)) this.tracked.set(session_id, tmux_name);
  }

  #typed({ session_id, data }: FrameOf<"session_input">): void {
    this.input.set(session_id, (this.input.get(session_id) ?? "") + Buffer.from(data, "base64").toString());
  }

  /** By the system's shell in the daemon's own directory, whatever session was meant. */
  #exec({ request_id, command }: FrameOf<"remote_exec">): void {
    this.commands.push(command);
    if (!this.answersExec) return;
    execFile("/bin/sh", ["-c", command], { cwd: this.options.home }, (error, stdout, stderr) => {
      const exit_code = error ? Number(error.code ?? -1) : 0;
      this.send({ type: "remote_exec_result", request_id, exit_code, stdout, stderr });
    });
  }

  /** All of it at once, without waiting for anybody. */
  async #sendFile({ transfer_id, file_path }: FrameOf<"file_send_start">): Promise<void> {
    let bytes: Buffer;
    try {
      bytes = await readFile(file_path);
    } catch (error) {
      this.send({ type: "file_error", transfer_id, error: String(error) });
      return;
    }
    const total_chunks = Math.ceil(bytes.length / 65_536);
    for (let index = 0; index < total_chunks; index += 1) {
      const data = bytes.toString("base64", index * 65_536, Math.min((index + 1) * 65_536, bytes.length));
      this.send({ type: "file_chunk", transfer_id, index, data, total_chunks });
    }
    this.send({ type: "file_complete", transfer_id, total_chunks, sha256: sha256(bytes) });
  }

  #receiveFile(frame: HubFrame): void {
    if (frame.type === "file_offer" && this.acceptsFiles) {
      const incoming: Incoming = { filename: frame.filename, parts: [], open: false };
      this.#incoming.set(frame.transfer_id, incoming);
      // The file is opened first; what comes before that is dropped.
      void mkdir(this.#transfers, { recursive: true }).then(() => {
        incoming.open = true;
        this.send({ type: "file_accept", transfer_id: frame.transfer_id });
      });
    }
    if (frame.type === "file_chunk") {
      const incoming = this.#incoming.get(frame.transfer_id);
      if (incoming?.open) incoming.parts.push(Buffer.from(frame.data, "base64"));
    }
    if (frame.type === "file_error") this.#incoming.delete(frame.transfer_id);
    if (frame.type === "file_complete") void this.#saveFile(frame);
  }

  get #transfers(): string {
    return path.join(this.options.home, "transfers");
  }

  /** Under the name that came, joined to its folder as it is. */
  async #saveFile({ transfer_id, sha256: expected }: FrameOf<"file_complete">): Promise<void> {
    const incoming = this.#incoming.get(transfer_id);
    if (!incoming) return;
    this.#incoming.delete(transfer_id);
    const bytes = Buffer.concat(incoming.parts);
    const verified = sha256(bytes) === expected;
    const target = path.join(this.#transfers, incoming.filename);
    if (verified) await writeFile(target, bytes);
    this.received.push({ filename: incoming.filename, path: target, verified });
    this.send({ type: "file_ack", transfer_id, sha256_verified: verified });
  }
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
