import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { HolderClient, type OutputListener } from "./holder/client.ts";
import type { Exit, Facts, Question } from "./holder/wire.ts";
import { readRecord, type SessionRecord } from "./session-record.ts";

const retryMs = 500;

export interface TerminalListener {
  onFacts(facts: Facts): void;
  /** Called once. `code` and `signal` are both null when nobody saw how it ended. */
  onExit(exit: Exit): void;
}

/**
 * One session on this machine, as the daemon sees it: `live` until its program ended, then `ended` until the exit is
 * collected, then its holder and folder go.
 */
export class Terminal {
  readonly record: SessionRecord;
  readonly #folder: string;
  readonly #listeners = new Set<TerminalListener>();
  readonly #onCollected: () => void;
  #client: HolderClient | undefined;
  #output: OutputListener | undefined;
  #facts: Facts = { prompt_line: "", foreground: null };
  #exit: Exit | null = null;

  constructor(record: SessionRecord, folder: string, onCollected: () => void) {
    this.record = record;
    this.#folder = folder;
    this.#onCollected = onCollected;
  }

  /** Connects to the holder; when there is none any more the session ended with what its record says. */
  async connect(): Promise<void> {
    this.#client = await this.#findHolder();
    if (!this.#client) {
      const recorded = readRecord(this.#folder)?.exit;
      this.#ended(recorded ?? { code: null, signal: null, offset: 0 });
      return;
    }
    this.#facts = this.#client.hello.facts;
    if (this.#client.hello.exit) this.#ended(this.#client.hello.exit);
    if (this.#output) this.#client.subscribe(this.#output);
  }

  async #findHolder(): Promise<HolderClient | undefined> {
    for (;;) {
      try {
        return await HolderClient.connect(this.record.socket_path, {
          onFacts: (facts) => this.#changed(facts),
          onExit: (exit) => this.#ended(exit),
          onLost: () => void this.#lost(),
        });
      } catch (error) {
        // Only these say that nobody is there; a busy machine must not make us give up a session that lives.
        if (["ENOENT", "ECONNREFUSED"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
        await sleep(retryMs);
      }
    }
  }

  get id(): string {
    return this.record.id;
  }

  get facts(): Facts {
    return this.#facts;
  }

  /** How the program ended, or null while it runs. */
  get exit(): Exit | null {
    return this.#exit;
  }

  /** Whether output up to the end can still come: not when the holder was killed. */
  get hasHolder(): boolean {
    return this.#client !== undefined;
  }

  listen(listener: TerminalListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(facts: Facts): void {
    this.#facts = facts;
    for (const listener of this.#listeners) listener.onFacts(facts);
  }

  #ended(exit: Exit): void {
    if (this.#exit) return;
    this.#exit = exit;
    for (const listener of this.#listeners) listener.onExit(exit);
  }

  async #lost(): Promise<void> {
    this.#client = undefined;
    await this.connect();
  }

  subscribe(listener: OutputListener): void {
    this.#output = listener;
    this.#client?.subscribe(listener);
  }

  unsubscribe(): void {
    this.#output = undefined;
    this.#client?.unsubscribe();
  }

  consumed(offset: number): void {
    this.#client?.consumed(offset);
  }

  input(bytes: Uint8Array): void {
    this.#client?.input(bytes);
  }

  resize(cols: number, rows: number): void {
    this.#client?.resize(cols, rows);
  }

  close(): void {
    this.#client?.close();
  }

  async lines(question: Question): Promise<string[]> {
    return (await this.#client?.lines(question)) ?? [];
  }

  /** The exit is known where it must be: nothing of this session is needed any more. */
  collected(): void {
    if (this.#client) {
      this.#client.collected();
      this.#client.disconnect();
    } else {
      rmSync(this.#folder, { recursive: true, force: true });
    }
    this.#client = undefined;
    this.#onCollected();
  }

  /** Lets go of the session, which goes on without us. */
  disconnect(): void {
    this.#client?.disconnect();
    this.#client = undefined;
  }
}
