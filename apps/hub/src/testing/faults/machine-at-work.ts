import { setTimeout as delay } from "node:timers/promises";
import { HubClient, RefusedError, UnreachableError } from "@orchestratia/client/http";
import { agentCompleteTask, agentStartTask } from "@orchestratia/protocol/operations/agents";
import type { ProblemCode } from "@orchestratia/protocol/problems";
import { FakeDaemon } from "../fake-daemon.ts";

/** What a machine that runs out of answers has seen. */
export interface Report {
  /** Tasks whose completion the hub confirmed to the worker. */
  readonly confirmed: Set<string>;
  /** Completions that were sent and not answered yet. */
  inFlight: number;
  /** Refusals that ended a worker's work on a task, by code. */
  readonly refused: { taskId: string; code: ProblemCode | undefined }[];
}

/** How long a client waits before it asks a hub again that did not answer. */
const AGAIN_MS = 20;

/**
 * One machine with a daemon and as many agents as the hub starts: each does what it is given, one task after the other,
 * and asks again whenever the hub does not answer, as the daemon and the CLI do.
 */
export class MachineAtWork implements AsyncDisposable {
  readonly #daemon: FakeDaemon;
  readonly #url: string;
  readonly #report: Report;
  readonly #onCompletionSent: () => void;
  /** By session: its token, and the end of the line of its work. */
  readonly #agents = new Map<string, { client: HubClient; line: Promise<void> }>();
  readonly #taken = new Set<string>();
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: { url: string; apiKey: string; report: Report; onCompletionSent?: () => void }) {
    this.#url = options.url;
    this.#report = options.report;
    this.#onCompletionSent = options.onCompletionSent ?? (() => {});
    this.#daemon = new FakeDaemon({
      url: options.url,
      apiKey: options.apiKey,
      agentStatus: "idle",
      onFrame: (frame) => {
        if (frame.type === "session_start" && frame.session_token) this.#hire(frame.session_id, frame.session_token);
        if (frame.type === "task_assigned") this.#give(frame.session_id, frame.task_id);
      },
    });
  }

  /** Connects, and again whenever the link is lost. */
  start(): void {
    this.#running = this.#stayConnected();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#daemon[Symbol.asyncDispose]();
    await this.#running;
    await Promise.all([...this.#agents.values()].map(({ line }) => line));
  }

  async #stayConnected(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#daemon.heartbeat();
        await this.#daemon.connect();
        for (const session of this.#daemon.terminals.keys()) this.#daemon.status(session, "idle");
        await this.#daemon.closed;
      } catch (error) {
        if (!(error instanceof Error)) throw error;
      }
      await delay(AGAIN_MS);
    }
  }

  #hire(sessionId: string, token: string): void {
    const client = new HubClient({ baseUrl: this.#url, headers: () => ({ "x-api-key": token }) });
    this.#agents.set(sessionId, { client, line: Promise.resolve() });
  }

  /** The same work may be pushed again: who has taken it knows it. */
  #give(sessionId: string, taskId: string): void {
    const agent = this.#agents.get(sessionId);
    const name = `${sessionId} ${taskId}`;
    if (!agent || this.#taken.has(name)) return;
    this.#taken.add(name);
    agent.line = agent.line.then(async () => {
      try {
        await this.#work(agent.client, taskId);
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        this.#report.refused.push({ taskId, code: error.code });
      }
    });
  }

  async #work(client: HubClient, taskId: string): Promise<void> {
    const params = { task: taskId };
    await this.#insist(() => client.call(agentStartTask, { params }));
    await this.#insist(async () => {
      this.#report.inFlight += 1;
      try {
        const answer = client.call(agentCompleteTask, { params, body: { result: { contracts: { out: taskId } } } });
        this.#onCompletionSent();
        await answer;
      } finally {
        this.#report.inFlight -= 1;
      }
    });
    this.#report.confirmed.add(taskId);
  }

  /** Until the hub answers: yes, or no. */
  async #insist(call: () => Promise<unknown>): Promise<void> {
    while (!this.#stopped) {
      try {
        await call();
        return;
      } catch (error) {
        // A fault of the hub, which says `internal`, is never to be got past by trying again.
        const isAway = error instanceof RefusedError && error.code === "database_unavailable";
        if (!(isAway || error instanceof UnreachableError)) throw error;
        await delay(AGAIN_MS);
      }
    }
  }
}
