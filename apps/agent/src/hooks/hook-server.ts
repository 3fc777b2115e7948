import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { Logger } from "pino";
import type { AgentHooks } from "../agents/agent-hooks.ts";
import type { HookAnswer } from "../agents/hook-event.ts";
import { makePrivateFolder, privateSocketPath } from "../terminals/session-folder.ts";
import type { HookListener, ToolGate } from "./hook-listener.ts";
import { HEADER_MAX_BYTES, HOOK_ENV, HookHeader } from "./hook-wire.ts";
import { isToolEvent, knownHooks, refusal } from "./known-hooks.ts";
import { SessionSecrets } from "./session-secrets.ts";

export interface HookServerOptions {
  stateDir: string;
  listener: HookListener;
  gate: ToolGate;
  log: Logger;
  hooksOf?: (agent: string) => AgentHooks | undefined;
}

/** The private socket on which the hooks of all sessions tell what their agents do, and hear what may be done. */
export class HookServer {
  readonly #options: HookServerOptions;
  readonly #secrets: SessionSecrets;
  readonly #path: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(options: HookServerOptions) {
    makePrivateFolder(options.stateDir);
    this.#options = options;
    this.#secrets = SessionSecrets.open(options.stateDir);
    this.#path = privateSocketPath(options.stateDir, "hooks.sock");
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** The folder is ours alone and one daemon serves it: a socket that is there is a dead one's. */
  async start(): Promise<void> {
    rmSync(this.#path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#path, resolve);
    });
    chmodSync(this.#path, 0o600);
  }

  /** Hooks that wait for an answer get none, and refuse. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** What a session's programs must find in their environment. The same for the next daemon. */
  envFor(sessionId: string): Record<string, string> {
    return { [HOOK_ENV.socket]: this.#path, [HOOK_ENV.secret]: this.#secrets.secretOf(sessionId) };
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    const gone = new AbortController();
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#sockets.delete(socket);
      gone.abort();
    });
    const request = new HookRequest();
    socket.on("data", (chunk: Buffer) => {
      if (request.add(chunk) === "refused") socket.destroy();
      if (!request.isComplete) return;
      socket.removeAllListeners("data");
      // Later bytes are dropped; without reading on, nobody would notice that the hook has gone.
      socket.resume();
      this.#answer(request, gone.signal).then(
        (answer) => socket.end(`${JSON.stringify(answer)}\n`),
        (error: unknown) => {
          this.#options.log.error({ error: String(error) }, "a hook could not be answered");
          socket.destroy();
        },
      );
    });
  }

  async #answer({ header, payload }: HookRequest, asker: AbortSignal): Promise<HookAnswer> {
    const { listener, gate, hooksOf = knownHooks } = this.#options;
    const { agent, event, secret } = header;
    const sessionId = this.#secrets.sessionOf(secret);
    if (sessionId === undefined) return refusal(agent, event, "Orchestratia does not know this session.");
    const hooks = hooksOf(agent);
    if (!hooks) return refusal(agent, event, "Orchestratia does not know this agent.");
    const told = hooks.read(event, payload);
    if (told.length === 0 && isToolEvent(event)) {
      return refusal(agent, event, "Orchestratia does not understand what is to be done.");
    }
    let answer: HookAnswer = { stdout: "", exitCode: 0 };
    for (const one of told) {
      listener.onEvent(sessionId, one);
      if (one.kind === "context") answer = hooks.answerContext(event, listener.contextOf(sessionId));
      if (one.kind !== "tool") continue;
      const decision = await gate.decide(sessionId, agent, one, asker);
      answer = hooks.answerTool(event, decision);
      if (decision.decision === "deny") break;
    }
    return answer;
  }
}

/** A header's line and the bytes that it announces, as they come in. */
class HookRequest {
  #heard: Buffer[] = [];
  #bytes = 0;
  #header: HookHeader | undefined;
  #payload: unknown;
  #isComplete = false;

  get isComplete(): boolean {
    return this.#isComplete;
  }

  get header(): HookHeader {
    if (!this.#header) throw new Error("no header yet");
    return this.#header;
  }

  get payload(): unknown {
    return this.#payload;
  }

  add(chunk: Buffer): "refused" | undefined {
    this.#heard.push(chunk);
    this.#bytes += chunk.length;
    try {
      if (!this.#header && !this.#readHeader()) return this.#bytes > HEADER_MAX_BYTES ? "refused" : undefined;
      if (this.#bytes < this.header.bytes) return undefined;
      this.#payload = JSON.parse(Buffer.concat(this.#heard).subarray(0, this.header.bytes).toString("utf8"));
      this.#isComplete = true;
      return undefined;
    } catch {
      return "refused";
    }
  }

  #readHeader(): boolean {
    const heard = Buffer.concat(this.#heard);
    const end = heard.indexOf(10);
    if (end < 0) return false;
    this.#header = HookHeader.parse(JSON.parse(heard.subarray(0, end).toString("utf8")));
    this.#heard = [heard.subarray(end + 1)];
    this.#bytes = heard.length - end - 1;
    return true;
  }
}
