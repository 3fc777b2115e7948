import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { HolderClient, type OutputListener } from "@orchestratia/holder-link/holder-client";
import { readRecord, type SessionRecord } from "@orchestratia/holder-link/session-record";
import type { Exit, Facts, Question, Size } from "@orchestratia/holder-link/wire";
import { endLeftBehind } from "./left-behind.ts";
import { endTmuxSession } from "./tmux-server.ts";
import { UnsentInput } from "./unsent-input.ts";

const retryMs = 500;

/** What a terminal has right now. */
export interface TerminalState extends Size {
  /** The oldest output byte that can still be asked for, and the one behind the last. */
  start: number;
  end: number;
}

export interface TerminalListener {
  onFacts(facts: Facts): void;
  /** Called once. `code` and `signal` are both null when nobody saw how it ended. */
  onExit(exit: Exit): void;
  /** Something of the input was lost: the program does not read it. */
  onInputRefused?(): void;
}

/**
 * One session on this machine, as the daemon sees it: `live` until its program ended, then `ended` until the exit is
 * collected, then its holder and folder go.
 */
export class Terminal {
  readonly record: SessionRecord;
  readonly folder: string;
  readonly #listeners = new Set<TerminalListener>();
  readonly #onCollected: () => void;
  #client: HolderClient | undefined;
  #output: Subscription | undefined;
  /** Behind the last byte that we know of; what is left of the output when its holder is killed. */
  #knownEnd = 0;
  #facts: Facts = { prompt_line: "", foreground: null };
  #exit: Exit | null = null;
  /** What the holder was told, which it may not have heard when the connection broke. */
  readonly #wanted: { size?: Size; isClosed?: boolean } = {};
  readonly #unsent = new UnsentInput();
  #isLetGo = false;
  #isEnding = false;

  constructor(record: SessionRecord, folder: string, onCollected: () => void) {
    this.record = record;
    this.folder = folder;
    this.#onCollected = onCollected;
  }

  /**
   * Connects to the holder, however long that takes; when there is none any more the session ended with what its record
   * says. Until then nothing is known of it but its record.
   */
  async connect(): Promise<void> {
    const client = await this.#findHolder();
    if (this.#isLetGo) {
      client?.disconnect();
      return;
    }
    this.#client = client;
    if (!this.#client) {
      if (this.record.tmux) endTmuxSession(this.record.tmux, this.id);
      const recorded = readRecord(this.folder)?.exit;
      if (!recorded) {
        this.#isEnding = true;
        await endLeftBehind(this.record);
      }
      this.#ended(recorded ?? { code: null, signal: null, offset: Math.max(this.#knownEnd, this.#output?.from ?? 0) });
      return;
    }
    const { facts, exit, end, cols, rows } = this.#client.hello;
    this.#facts = facts;
    this.#knownEnd = Math.max(this.#knownEnd, end);
    if (exit) this.#ended(exit);
    // The connection broke, not the subscription: it goes on behind the last byte that came.
    this.#output?.begin(this.#client);
    const { size, isClosed } = this.#wanted;
    if (size && (size.cols !== cols || size.rows !== rows)) this.#client.resize(size.cols, size.rows);
    if (isClosed) this.#client.close();
    for (const piece of this.#unsent.take()) this.input(piece);
    this.#changed(facts);
  }

  async #findHolder(): Promise<HolderClient | undefined> {
    while (!this.#isLetGo) {
      try {
        return await HolderClient.connect(this.record.socket_path, {
          onFacts: (facts) => this.#changed(facts),
          onExit: (exit) => this.#ended(exit),
          onInputRefused: () => this.#refused(),
          onLost: () => void this.#lost(),
        });
      } catch (error) {
        // Only these say that nobody is there; a busy machine must not make us give up a session that lives.
        if (["ENOENT", "ECONNREFUSED"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
        await sleep(retryMs);
      }
    }
    return undefined;
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

  /** Whether what a killed holder left behind is being ended; `onExit` follows. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  listen(listener: TerminalListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(facts: Facts): void {
    this.#facts = facts;
    for (const listener of this.#listeners) listener.onFacts(facts);
  }

  #refused(): void {
    for (const listener of this.#listeners) listener.onInputRefused?.();
  }

  #ended(exit: Exit): void {
    if (this.#exit) return;
    this.#exit = exit;
    for (const listener of this.#listeners) listener.onExit(exit);
  }

  async #lost(): Promise<void> {
    this.#unsent.putBack(this.#client?.unwrittenInput ?? []);
    this.#client = undefined;
    await this.connect();
  }

  /** How it is now: asked anew, since nobody tells us of output that nobody watches. */
  async look(): Promise<TerminalState> {
    try {
      if (this.#client) return await HolderClient.look(this.record.socket_path);
    } catch {
      // It ends at this moment; its end is reported as every other.
    }
    return { cols: this.record.cols, rows: this.record.rows, start: this.#knownEnd, end: this.#knownEnd };
  }

  /** See HolderClient; goes on where it was when the connection to the holder breaks. */
  subscribe(listener: OutputListener, from: number | null, catchUpBytes: number): void {
    this.#output = new Subscription(listener, from, catchUpBytes);
    if (this.#client) this.#output.begin(this.#client);
  }

  unsubscribe(): void {
    this.#output = undefined;
    this.#client?.unsubscribe();
  }

  /** Asks for a snapshot in the midst of the output that is subscribed. */
  takeSnapshot(): void {
    this.#output?.takeSnapshot(this.#client);
  }

  consumed(offset: number): void {
    this.#client?.consumed(offset);
  }

  /**
   * What comes while the connection to the holder is broken is sent later. False when too much waits already, for that or
   * for a holder that does not read; what a program does not read is told to listeners.
   */
  input(bytes: Uint8Array): boolean {
    if (!this.#client || this.#client.isBroken) return this.#unsent.keep(bytes);
    return this.#client.input(bytes);
  }

  resize(cols: number, rows: number): void {
    this.#wanted.size = { cols, rows };
    this.#client?.resize(cols, rows);
  }

  /** Who types from here on, for the recording. */
  driver(user: string | null): void {
    this.#client?.driver(user);
  }

  close(): void {
    this.#wanted.isClosed = true;
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
      rmSync(this.folder, { recursive: true, force: true });
    }
    this.#client = undefined;
    this.#isLetGo = true;
    this.#onCollected();
  }

  /** Lets go of the session, which goes on without us. */
  disconnect(): void {
    this.#isLetGo = true;
    this.#client?.disconnect();
    this.#client = undefined;
  }
}

/** What is listened to, across connections to the holder. */
class Subscription {
  readonly #listener: OutputListener;
  #from: number | null;
  #catchUpBytes: number;
  #unansweredSnapshots = 0;

  constructor(listener: OutputListener, from: number | null, catchUpBytes: number) {
    this.#listener = listener;
    this.#from = from;
    this.#catchUpBytes = catchUpBytes;
  }

  /** Where it begins or, by now, goes on. */
  get from(): number | null {
    return this.#from;
  }

  begin(client: HolderClient): void {
    client.subscribe(
      {
        onSubscribed: (offset) => this.#listener.onSubscribed?.(offset),
        onResized: (offset, size) => this.#listener.onResized?.(offset, size),
        onOutput: (offset, bytes) => {
          this.#reached(offset + bytes.length);
          this.#listener.onOutput(offset, bytes);
        },
        onSnapshot: (offset, snapshot) => {
          this.#unansweredSnapshots = Math.max(0, this.#unansweredSnapshots - 1);
          this.#reached(Math.max(this.#from ?? 0, offset));
          this.#listener.onSnapshot(offset, snapshot);
        },
      },
      this.#from,
      this.#catchUpBytes,
    );
    for (let n = 0; n < this.#unansweredSnapshots; n += 1) client.takeSnapshot();
  }

  /** Whoever listens has had what is before; only a ring that has moved on may make it lose the thread. */
  #reached(offset: number): void {
    this.#from = offset;
    this.#catchUpBytes = Number.MAX_SAFE_INTEGER;
  }

  takeSnapshot(client: HolderClient | undefined): void {
    this.#unansweredSnapshots += 1;
    if (!client || client.takeSnapshot()) return;
    // A holder of version 1 gives a snapshot only to who begins with one.
    this.#from = null;
    this.#unansweredSnapshots = 0;
    this.begin(client);
  }
}
