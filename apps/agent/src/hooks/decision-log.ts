import { randomUUID } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type HubClient, RefusedError } from "@orchestratia/client/http";
import type { PermissionEntry } from "@orchestratia/protocol/approval-rules";
import { logPermissions } from "@orchestratia/protocol/operations/approval-rules";
import type { Logger } from "pino";

/** As much of an input as the hub keeps. */
const inputMaxCharacters = 16 * 1024;
/** What the hub has not taken by then makes room, oldest first. */
const fileMaxBytes = 32 * 1024 * 1024;
const mostBatches = 2;
const entriesPerCall = 500;
const callLimitMs = 30_000;
const gatherMs = 1000;
const retryMs = 30_000;

export type Decided = Omit<PermissionEntry, "id" | "created_at">;

/** Every decision is on disk before it holds, and in the hub's log as soon as that can be reached. */
export class DecisionLog {
  readonly #path: string;
  readonly #client: HubClient;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #sending: Promise<void> | undefined;

  constructor(path: string, client: HubClient, log: Logger) {
    this.#path = path;
    this.#client = client;
    this.#log = log;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  }

  /** Throws when it cannot be kept. */
  add(decided: Decided): void {
    const entry = { ...decided, tool_input: bounded(decided.tool_input), id: randomUUID(), created_at: now() };
    appendFileSync(this.#path, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
    if (statSync(this.#path).size > fileMaxBytes) this.#makeRoom();
    this.flush();
  }

  #makeRoom(): void {
    this.#closeBatch();
    const tooMany = this.#batches().slice(0, -mostBatches);
    for (const batch of tooMany) rmSync(batch, { force: true });
    if (tooMany.length > 0) this.#log.error("decisions that the hub has not taken made room for newer ones");
  }

  /** Sends what is there, now and again until it is taken. */
  flush(): void {
    if (this.#stopping.signal.aborted) return;
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#sending;
  }

  /** Decisions go on into a new file. Each batch has a name of its own: one may be full while another is sent. */
  #closeBatch(): void {
    renameSync(this.#path, `${this.#path}.sending-${Date.now()}-${randomUUID()}`);
  }

  /** What is to be sent, oldest first. */
  #batches(): string[] {
    const folder = dirname(this.#path);
    const names = readdirSync(folder).filter((name) => name.startsWith(`${basename(this.#path)}.sending`));
    return names.sort().map((name) => join(folder, name));
  }

  async #send(): Promise<void> {
    await this.#pause(gatherMs);
    while (!this.#stopping.signal.aborted) {
      try {
        if (this.#batches().length === 0 && existsSync(this.#path)) this.#closeBatch();
        const [batch] = this.#batches();
        if (batch === undefined) return;
        // Sent twice after a crash, its decisions are kept once.
        await this.#sendFile(batch);
        rmSync(batch, { force: true });
      } catch (error) {
        this.#log.warn(
          { error: error instanceof Error ? error.message : String(error) },
          "decisions are not logged yet",
        );
        await this.#pause(retryMs);
      }
    }
  }

  async #sendFile(batch: string): Promise<void> {
    const lines = readFileSync(batch, "utf8").split("\n");
    const entries = lines.flatMap(parsed);
    for (let at = 0; at < entries.length; at += entriesPerCall) {
      const body = { entries: entries.slice(at, at + entriesPerCall) };
      const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(callLimitMs)]);
      try {
        await this.#client.call(logPermissions, { body, signal });
      } catch (error) {
        // What the hub will never take must not keep the rest from it.
        const isForGood = error instanceof RefusedError && (error.status === 400 || error.status === 422);
        if (!isForGood) throw error;
        this.#log.error({ error: error.detail }, "the hub refused decisions for its log");
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => {});
  }
}

const now = (): string => new Date().toISOString();

function bounded(input: unknown): unknown {
  const text = JSON.stringify(input) ?? "null";
  if (text.length <= inputMaxCharacters) return input ?? null;
  return { cut: true, beginning: text.slice(0, inputMaxCharacters).replace(/\p{Surrogate}$/u, "") };
}

/** A line that was cut off by a crash is none. */
function parsed(line: string): unknown[] {
  try {
    return line === "" ? [] : [JSON.parse(line)];
  } catch {
    return [];
  }
}
